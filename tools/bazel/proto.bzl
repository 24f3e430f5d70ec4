"""Protobuf and gRPC code from Debian's protoc and grpc_cpp_plugin."""

# Where Debian installs the well-known .proto files of Google and gRPC.
SYSTEM_PROTO_PATHS = [
    "/usr/share/gocode/src/github.com/gogo/googleapis",
    "/usr/share/grpc-proto",
    "/usr/include",
]

def _protoc(root, paths):
    return "protoc " + " ".join(["--proto_path=%s" % p for p in ([root] if root else []) + SYSTEM_PROTO_PATHS]) + " " + paths

def cc_proto_gen(name, protos, root = None, srcs = [], grpc = True, deps = [], visibility = None):
    """A C++ library of the messages (and stubs) of `protos`.

    Args:
      name: the library's name.
      protos: paths as an `import` line would name them.
      root: directory in this repository that the paths start from; none if
        the files are the system's.
      srcs: the .proto files in this repository that `protos` are found in.
      grpc: also generate service stubs.
      deps: libraries of imported protos.
      visibility: as usual.
    """
    stems = [p[:-len(".proto")] for p in protos]
    suffixes = [".pb.h", ".pb.cc"] + ([".grpc.pb.h", ".grpc.pb.cc"] if grpc else [])
    flags = "--cpp_out=$(RULEDIR)/gen "
    if grpc:
        flags += "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR)/gen "
    native.genrule(
        name = name + "_code",
        srcs = srcs,
        outs = ["gen/" + stem + suffix for stem in stems for suffix in suffixes],
        cmd = "mkdir -p $(RULEDIR)/gen && " + _protoc(root, flags + " ".join(protos)),
    )
    native.cc_library(
        name = name,
        srcs = ["gen/" + stem + s for stem in stems for s in suffixes if s.endswith(".cc")],
        hdrs = ["gen/" + stem + s for stem in stems for s in suffixes if s.endswith(".h")],
        includes = ["gen"],
        copts = ["-w"],  # generated code
        deps = deps + ["@system//:grpc" if grpc else "@system//:protobuf"],
        visibility = visibility,
    )

def descriptor_set(name, protos, root = None, srcs = [], visibility = None):
    """One file of descriptors, imports and comments (source info) included."""
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [name + ".binpb"],
        cmd = _protoc(root, "--include_imports --include_source_info --descriptor_set_out=$@ " + " ".join(protos)),
        visibility = visibility,
    )

def cc_embedded_file(name, src, symbol, visibility = None):
    """A library with `extern const unsigned char SYMBOL[]; extern const size_t SYMBOL_size;`."""
    native.genrule(
        name = name + "_code",
        srcs = [src],
        outs = [name + ".h", name + ".cc"],
        cmd = """
          printf '#pragma once\\n#include <cstddef>\\nextern const unsigned char %s[];\\nextern const std::size_t %s_size;\\n' {s} {s} > $(RULEDIR)/{n}.h
          {{ printf '#include <cstddef>\\nextern const unsigned char {s}[];\\nextern const std::size_t {s}_size;\\nconst unsigned char {s}[] = {{\\n'
            od -An -v -tx1 $< | sed 's/ \\([0-9a-f][0-9a-f]\\)/0x\\1,/g'
            printf '}};\\nconst std::size_t {s}_size = sizeof({s});\\n'
          }} > $(RULEDIR)/{n}.cc
        """.format(s = symbol, n = name),
    )
    native.cc_library(
        name = name,
        srcs = [name + ".cc"],
        hdrs = [name + ".h"],
        visibility = visibility,
    )
