// What the photo guests do apart from asking a model: reading labels, and printing the answer and
// how long it took.
#ifndef NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_
#define NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_

#include <string>
#include <vector>

#include "classify/photo.h"

// How many runs the median is of: enough to ignore a run that something else disturbed.
inline constexpr int kTimedRuns = 9;

// The time of a monotonic clock.
double Microseconds();

// Line N is the name of class N, starting from 0. Ends the guest if the file can't be read.
std::vector<std::string> ReadLabels(const std::string& path);

// How long each step took, in microseconds.
struct Times {
  double load_by_name = 0;
  // The first inference includes work that later ones find done.
  double first_inference = 0;
  std::vector<double> later_inferences;
};

// Prints the most likely classes by the model's scores, one for each label.
void PrintAnswer(const std::string& photo_path, const Photo& photo,
                 const std::vector<float>& scores, const std::vector<std::string>& labels);

void PrintTimes(const Times& times);

#endif  // NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_
