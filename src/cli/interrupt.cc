#include "cli/interrupt.h"

#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace deltaport::cli {

InterruptWatch::InterruptWatch(CancelToken token) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  stop_fd_ = eventfd(0, EFD_CLOEXEC);
  // Without descriptors the signals keep their default: they end the process.
  if (signal_fd_ < 0 || stop_fd_ < 0) return;
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this, token = std::move(token)] { Watch(token); });
}

InterruptWatch::~InterruptWatch() {
  if (thread_.joinable()) {
    eventfd_write(stop_fd_, 1);
    thread_.join();
  }
  if (signal_fd_ >= 0) close(signal_fd_);
  if (stop_fd_ >= 0) close(stop_fd_);
}

void InterruptWatch::Watch(const CancelToken& token) {
  pollfd descriptors[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  while (true) {
    if (poll(descriptors, 2, -1) < 0) continue;
    if (descriptors[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signal_fd_, &info, sizeof(info)) != sizeof(info)) continue;
    if (token.cancelled()) _exit(128 + static_cast<int>(info.ssi_signo));
    signal_ = static_cast<int>(info.ssi_signo);
    token.Cancel(Error(ErrorCode::kCancelled, "interrupted"));
  }
}

}  // namespace deltaport::cli
