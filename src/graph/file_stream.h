// A stream that writes into a file.
#ifndef NAMESAKE_GRAPH_FILE_STREAM_H_
#define NAMESAKE_GRAPH_FILE_STREAM_H_

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <streambuf>

namespace namesake::graph {

// Writes into a file from an offset on. Seekable, because a serializer may go back to fill in what
// it learned later.
class FileStreamBuffer : public std::streambuf {
 public:
  // Borrows the descriptor.
  FileStreamBuffer(int fd, std::size_t offset) : fd_(fd), offset_(offset) {}

  // The bytes written, and the errno of a write that failed.
  std::uint64_t size() const { return size_; }
  int error_number() const { return error_number_; }

 protected:
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    std::streamsize done = 0;
    while (done < count) {
      const ::ssize_t wrote = ::pwrite(fd_, data + done, static_cast<std::size_t>(count - done),
                                       static_cast<::off_t>(offset_ + position_));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) {
        error_number_ = errno;
        break;
      }
      done += wrote;
      position_ += static_cast<std::uint64_t>(wrote);
      size_ = std::max(size_, position_);
    }
    return done;
  }

  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
    const std::uint64_t base = from == std::ios_base::beg   ? 0
                               : from == std::ios_base::cur ? position_
                                                            : size_;
    return MoveTo(static_cast<off_type>(base) + offset);
  }
  pos_type seekpos(pos_type position, std::ios_base::openmode) override {
    return MoveTo(static_cast<off_type>(position));
  }

 private:
  pos_type MoveTo(off_type position) {
    if (position < 0) return pos_type(off_type(-1));
    position_ = static_cast<std::uint64_t>(position);
    return pos_type(position);
  }

  int fd_;
  std::size_t offset_;
  std::uint64_t position_ = 0;
  std::uint64_t size_ = 0;
  int error_number_ = 0;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_FILE_STREAM_H_
