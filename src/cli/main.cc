#include <cstdio>

int main() {
  std::puts("deltaport " DELTAPORT_VERSION);
  return 0;
}
