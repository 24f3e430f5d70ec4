// Owning handles of cjose's objects.
#ifndef GATEHOUSE_SERVER_CONNECTORS_CJOSE_HANDLES_H_
#define GATEHOUSE_SERVER_CONNECTORS_CJOSE_HANDLES_H_

#include <cjose/jwk.h>
#include <cjose/jws.h>

#include <memory>

namespace gatehouse {

template <auto Release>
struct CjoseRelease {
  template <typename T>
  void operator()(T* object) const {
    Release(object);
  }
};

using JwkHandle = std::unique_ptr<cjose_jwk_t, CjoseRelease<cjose_jwk_release>>;
using JwsHandle = std::unique_ptr<cjose_jws_t, CjoseRelease<cjose_jws_release>>;

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_CJOSE_HANDLES_H_
