"""C++ rules with this repository's compiler flags: warnings are errors."""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wimplicit-fallthrough",
    # Designated initializers name what matters; the rest has its default.
    "-Wno-missing-field-initializers",
    "-Werror",
]

def gatehouse_cc_library(name, copts = [], **kwargs):
    native.cc_library(name = name, copts = _COPTS + copts, **kwargs)

def gatehouse_cc_binary(name, copts = [], **kwargs):
    native.cc_binary(name = name, copts = _COPTS + copts, linkstatic = True, **kwargs)

def gatehouse_cc_test(name, copts = [], deps = [], size = "small", **kwargs):
    native.cc_test(
        name = name,
        size = size,
        copts = _COPTS + copts,
        linkstatic = True,
        deps = deps + ["@system//:gtest"],
        **kwargs
    )
