"""Local stand-ins for the four repositories that Bazel 4 would download.

The native rules do the work; these only satisfy the `load` statements inside
Bazel's own tools, so that a build needs no network.
"""

_CC_RULES = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
]

_JAVA_RULES = [
    "java_binary",
    "java_import",
    "java_library",
    "java_plugin",
    "java_proto_library",
    "java_runtime",
    "java_test",
    "java_toolchain",
]

_PROTO_RULES = ["proto_lang_toolchain", "proto_library"]

def _stand_in_impl(repository_ctx):
    repository_ctx.file("WORKSPACE", "")
    for path, content in repository_ctx.attr.files.items():
        repository_ctx.file(path, content)

_stand_in = repository_rule(
    implementation = _stand_in_impl,
    attrs = {"files": attr.string_dict()},
)

def _forward(rules):
    return "\n".join(["%s = native.%s" % (rule, rule) for rule in rules]) + "\n"

def stand_ins():
    """Defines rules_cc, rules_java, rules_proto and remote_coverage_tools."""
    _stand_in(
        name = "rules_cc",
        files = {"BUILD": "", "cc/BUILD": "", "cc/defs.bzl": _forward(_CC_RULES)},
    )
    _stand_in(
        name = "rules_java",
        files = {"BUILD": "", "java/BUILD": "", "java/defs.bzl": _forward(_JAVA_RULES)},
    )
    _stand_in(
        name = "rules_proto",
        files = {"BUILD": "", "proto/BUILD": "", "proto/defs.bzl": _forward(_PROTO_RULES)},
    )
    _stand_in(
        name = "remote_coverage_tools",
        files = {"BUILD": "\n".join([
            "filegroup(name = \"%s\", visibility = [\"//visibility:public\"])" % name
            for name in ["coverage_output_generator", "coverage_report_generator", "lcov_merger"]
        ])},
    )
