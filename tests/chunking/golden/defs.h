#ifndef DEFS_H
#define DEFS_H

namespace defs {

class Point {
 public:
  int x() const { return x_; }

 private:
  int x_;
};

}  // namespace defs

#endif
