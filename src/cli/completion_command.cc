// deltaport completion: scripts that let a shell complete commands and options.
//
// They are made from the parser itself, so they know every command and option there is.

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include "cli/command.h"

namespace deltaport::cli {
namespace {

struct CommandWords {
  std::string path;  // "config check"; empty for the program itself.
  std::vector<std::string> words;
};

void Collect(const CLI::App& app, const std::string& path, std::vector<CommandWords>& out) {
  CommandWords words{path, {}};
  for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.words.push_back(inner->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.words.push_back("--" + name);
  }
  out.push_back(std::move(words));
  for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; })) {
    Collect(*inner, path.empty() ? inner->get_name() : path + " " + inner->get_name(), out);
  }
}

// The words of the command line that are no options, joined, select the case.
std::string BashScript(const std::vector<CommandWords>& commands) {
  std::string script =
      "_deltaport() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command= word words=\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$command $word\" in\n";
  for (const CommandWords& command : commands) {
    if (command.path.empty()) continue;
    const size_t blank = command.path.rfind(' ');
    const std::string parent = blank == std::string::npos ? "" : command.path.substr(0, blank);
    const std::string name =
        blank == std::string::npos ? command.path : command.path.substr(blank + 1);
    script += fmt::format("      '{} {}') command='{}' ;;\n", parent, name, command.path);
  }
  script += "    esac\n  done\n  case \"$command\" in\n";
  for (const CommandWords& command : commands) {
    script += fmt::format("    '{}') words='{}' ;;\n", command.path, fmt::join(command.words, " "));
  }
  script +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _deltaport deltaport\n";
  return script;
}

std::string FishScript(const std::vector<CommandWords>& commands) {
  std::string script = "complete -c deltaport -n __fish_use_subcommand -f\n";
  for (const CommandWords& command : commands) {
    std::string condition = "__fish_use_subcommand";
    if (!command.path.empty()) {
      condition = fmt::format("__fish_seen_subcommand_from {}",
                              command.path.substr(command.path.rfind(' ') + 1));
    }
    for (const std::string& word : command.words) {
      script +=
          word.starts_with("--")
              ? fmt::format("complete -c deltaport -n '{}' -l {}\n", condition, word.substr(2))
              : fmt::format("complete -c deltaport -n '{}' -a {}\n", condition, word);
    }
  }
  return script;
}

Status RunCompletion(const CLI::App& app, const std::string& shell) {
  std::vector<CommandWords> commands;
  Collect(app, "", commands);
  std::string script;
  if (shell == "bash") {
    script = BashScript(commands);
  } else if (shell == "zsh") {
    script =
        "#compdef deltaport\nautoload -U +X bashcompinit && bashcompinit\n" + BashScript(commands);
  } else {
    script = FishScript(commands);
  }
  std::fputs(script.c_str(), stdout);
  return Status::OK();
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Action& action) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example:\n  source <(deltaport completion bash)\n");
  command->callback([shell, &app, &action] {
    action = [shell, &app](const CancelToken&) { return RunCompletion(app, *shell); };
  });
}

}  // namespace deltaport::cli
