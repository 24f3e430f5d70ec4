#include "server/runtime/json_logger.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace gatehouse {
namespace {

using Json = nlohmann::ordered_json;

// The lines that `act` makes a logger write, each parsed.
std::vector<Json> Logged(LogLevel level, const std::function<void(Logger&)>& act) {
  testing::internal::CaptureStderr();
  {
    const std::unique_ptr<Logger> logger = NewJsonLogger(level);
    act(*logger);
  }
  std::vector<Json> lines;
  const std::string written = testing::internal::GetCapturedStderr();
  for (absl::string_view line : absl::StrSplit(written, '\n', absl::SkipEmpty())) {
    lines.push_back(Json::parse(std::string(line), nullptr, false));
    EXPECT_TRUE(lines.back().is_object()) << line;
  }
  return lines;
}

Json LoggedText(const std::string& value) {
  const auto lines = Logged(LogLevel::kInfo, [&](Logger& l) {
    l.Log(LogLevel::kInfo, "e", {{"text", value}});
  });
  EXPECT_EQ(lines.size(), 1u);
  return lines.empty() ? Json() : lines[0]["text"];
}

TEST(JsonLogger, WritesOneObjectALineWithItsFieldsInOrder) {
  const auto lines = Logged(LogLevel::kDebug, [](Logger& logger) {
    logger.Log(LogLevel::kWarning, "listening",
               {{"address", std::string("127.0.0.1:1")},
                {"count", int64_t{-7}},
                {"share", 0.5},
                {"tls", false}});
  });
  ASSERT_EQ(lines.size(), 1u);
  std::vector<std::string> keys;
  for (const auto& [key, value] : lines[0].items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"time", "level", "event", "address", "count", "share",
                                            "tls"}));
  EXPECT_EQ(lines[0]["level"], "warning");
  EXPECT_EQ(lines[0]["event"], "listening");
  EXPECT_EQ(lines[0]["address"], "127.0.0.1:1");
  EXPECT_EQ(lines[0]["count"], -7);
  EXPECT_EQ(lines[0]["share"], 0.5);
  EXPECT_EQ(lines[0]["tls"], false);
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, std::string(lines[0]["time"]), &time, &error))
      << error;
}

TEST(JsonLogger, EscapesWhatWouldBreakOrForgeALine) {
  for (const std::string& text :
       {std::string("\"}\n{\"event\":\"forged\"}"), std::string("a\r\nb"), std::string("a\0b", 3),
        std::string("\x1b[31mred"), std::string("back\\slash"), std::string("%v %s {}"),
        std::string("\xc3\xbc\xf0\x9f\x94\x91"), std::string(100'000, '"')}) {
    EXPECT_EQ(LoggedText(text), text);
  }
}

TEST(JsonLogger, EscapesEventsAndKeysToo) {
  const auto lines = Logged(LogLevel::kInfo, [](Logger& logger) {
    logger.Log(LogLevel::kInfo, "a\"\nb", {{"k\"\n", std::string("v")}});
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["event"], "a\"\nb");
  EXPECT_EQ(lines[0]["k\"\n"], "v");
}

TEST(JsonLogger, ReplacesInvalidUtf8AndKeepsTheRest) {
  EXPECT_EQ(LoggedText("a\xff"
                       "b"),
            "a\xef\xbf\xbd"
            "b");
  for (const char* text : {"\xc3", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xc0\xaf", "ok\xe2\x82"}) {
    const Json logged = LoggedText(text);
    ASSERT_TRUE(logged.is_string());
    EXPECT_NE(logged.get<std::string>().find("\xef\xbf\xbd"), std::string::npos) << text;
  }
}

TEST(JsonLogger, WritesNumbersThatJsonHasNotAsNull) {
  const auto lines = Logged(LogLevel::kInfo, [](Logger& logger) {
    logger.Log(LogLevel::kInfo, "e",
               {{"nan", std::numeric_limits<double>::quiet_NaN()},
                {"infinite", std::numeric_limits<double>::infinity()},
                {"least", std::numeric_limits<int64_t>::min()}});
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0]["nan"].is_null());
  EXPECT_TRUE(lines[0]["infinite"].is_null());
  EXPECT_EQ(lines[0]["least"], std::numeric_limits<int64_t>::min());
}

TEST(JsonLogger, WritesFromItsLevelOn) {
  const LogLevel levels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                             LogLevel::kError};
  const std::vector<std::string> names = {"debug", "info", "warning", "error"};
  for (size_t from = 0; from < 4; ++from) {
    std::vector<std::string> written;
    for (const Json& line : Logged(levels[from], [&](Logger& logger) {
           for (LogLevel level : levels) {
             logger.Log(level, "e", {});
             EXPECT_EQ(logger.IsEnabled(level), level >= levels[from]);
           }
         })) {
      written.push_back(line["level"]);
    }
    EXPECT_EQ(written, std::vector<std::string>(names.begin() + from, names.end()));
  }
}

TEST(JsonLogger, KeepsTheLinesOfManyThreadsWhole) {
  constexpr int kThreads = 4, kLines = 50;
  const auto lines = Logged(LogLevel::kInfo, [](Logger& logger) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&logger, i] {
        for (int n = 0; n < kLines; ++n) {
          logger.Log(LogLevel::kInfo, "e",
                     {{"long", std::string(500, static_cast<char>('a' + i))}});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(lines.size(), size_t{kThreads * kLines});
  for (const Json& line : lines) {
    const std::string text = line["long"];
    EXPECT_EQ(text, std::string(500, text[0]));
  }
}

}  // namespace
}  // namespace gatehouse
