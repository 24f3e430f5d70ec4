"""Debian's libraries as `@system//:name` targets.

Compile and link flags come from pkg-config, so that a library's own package
says how to use it. Headers outside the default search path are linked into
this repository and offered as system includes: their warnings are not ours.
"""

# target: pkg-config modules. Abseil's modules are listed one by one because
# grpc++.pc names only a part of what its headers need.
_PKG_CONFIG = {
    "absl": [
        "absl_base",
        "absl_cord",
        "absl_flat_hash_map",
        "absl_flat_hash_set",
        "absl_hash",
        "absl_span",
        "absl_status",
        "absl_statusor",
        "absl_str_format",
        "absl_strings",
        "absl_synchronization",
        "absl_time",
    ],
    "cares": ["libcares"],
    "cjose": ["cjose"],
    "curl": ["libcurl"],
    "grpc": ["grpc++", "protobuf"],
    "icu": ["icu-uc", "icu-i18n"],
    "openssl": ["openssl"],
    "protobuf": ["protobuf"],
    "psl": ["libpsl"],
    "rocksdb": ["rocksdb"],
    "spdlog": ["spdlog"],
    "tcmalloc": ["libtcmalloc_minimal"],
    "xmlsec": ["xmlsec1-openssl", "libxml-2.0"],
    "xxhash": ["libxxhash"],
    "zlib": ["zlib"],
}

# target: link flags, for libraries with no .pc file.
_PLAIN = {
    "benchmark": ["-lbenchmark"],
    "cli11": [],
    "grpc_reflection": [
        # Registers itself by a static initializer, which the linker would drop.
        "-Wl,--push-state,--no-as-needed",
        "-lgrpc++_reflection",
        "-Wl,--pop-state",
    ],
    # gtest_main only serves a test that has no main of its own.
    "gtest": ["-lgtest_main", "-lgmock", "-lgtest"],
    "nlohmann_json": [],
    "prometheus": ["-lprometheus-cpp-pull", "-lprometheus-cpp-core"],
    # Header only: the package's library is built with exceptions, our parser is not.
    "tomlplusplus": [],
}

_DEPENDS = {
    "grpc": ["absl"],
    "grpc_reflection": ["grpc"],
}

_LIBRARY_TARGET = """
cc_library(
    name = "{name}",
    hdrs = glob(["include/{name}/**"], allow_empty = True),
    defines = {defines},
    includes = {includes},
    linkopts = {linkopts},
    deps = {deps},
    visibility = ["//visibility:public"],
)
"""

# On every compiler's search path already.
_DEFAULT_INCLUDES = ["-I/usr/include", "-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu"]

def _pkg_config(repository_ctx, modules):
    result = repository_ctx.execute(["pkg-config", "--cflags", "--libs"] + modules)
    if result.return_code != 0:
        fail("pkg-config %s: %s\nRun tools/setup to install what the build needs." %
             (" ".join(modules), result.stderr))
    return result.stdout.strip().split(" ")

def _dedupe(flags):
    return {flag: None for flag in flags}.keys()

def _system_libraries_impl(repository_ctx):
    build = ["# Written by tools/bazel/system.bzl."]
    targets = {name: _pkg_config(repository_ctx, modules) for name, modules in _PKG_CONFIG.items()}
    targets.update(_PLAIN)
    for name, flags in targets.items():
        includes = []
        for index, flag in enumerate(_dedupe([f for f in flags if f.startswith("-I") and f not in _DEFAULT_INCLUDES])):
            directory = "include/%s/%d" % (name, index)
            repository_ctx.symlink(flag[2:], directory)
            includes.append(directory)
        build.append(_LIBRARY_TARGET.format(
            name = name,
            defines = repr([f[2:] for f in _dedupe(flags) if f.startswith("-D")]),
            includes = repr(includes),
            linkopts = repr([f for f in flags if f.startswith("-l") or f.startswith("-L") or f.startswith("-Wl")]),
            deps = repr([":" + d for d in _DEPENDS.get(name, [])]),
        ))
    repository_ctx.file("WORKSPACE", "")
    repository_ctx.file("BUILD", "\n".join(build))

system_libraries = repository_rule(
    implementation = _system_libraries_impl,
    configure = True,
    local = True,
    environ = ["PKG_CONFIG_PATH"],
)
