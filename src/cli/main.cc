#include "cli/command.h"

int main(int argc, char** argv) { return deltaport::cli::Run(argc, argv); }
