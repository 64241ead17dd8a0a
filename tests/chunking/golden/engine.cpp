#include "engine.h"

#include <string>

namespace car::parts {

/// Runs on fuel.
template <typename Fuel>
class Engine : public Part {
 public:
  explicit Engine(int power) : power_(power) {}
  virtual ~Engine() = default;

  // Starts it.
  void start() const {
    run();
  }

  bool operator==(const Engine& other) const {
    return power_ == other.power_;
  }

 private:
  int power_;
};

struct Gear {
  int teeth;
};

enum class State { Off, On };

using Name = std::string;

}  // namespace car::parts

template <typename T>
void car::parts::Engine<T>::stop() {
  halt();
}

extern "C" {
int engine_version(void) { return 3; }
}

int main() {
  return 0;
}
