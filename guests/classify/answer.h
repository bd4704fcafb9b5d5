// What the photo guests do beside asking a model: the labels, the answer as a person reads it, and
// how long it took.
#ifndef NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_
#define NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_

#include <string>
#include <vector>

#include "classify/photo.h"

// Runs of which the median is shown: enough that one that something else disturbed does not count.
inline constexpr int kTimedRuns = 9;

// Of a clock that only goes forward.
double Microseconds();

// Line N is the name of class N, counted from 0. A file that can't be read ends the guest.
std::vector<std::string> ReadLabels(const std::string& path);

// What took how long, in microseconds.
struct Times {
  double load_by_name = 0;
  // The first has what the later ones find done.
  double first_inference = 0;
  std::vector<double> later_inferences;
};

// Prints the likeliest classes by the model's scores, of which each label has one.
void PrintAnswer(const std::string& photo_path, const Photo& photo,
                 const std::vector<float>& scores, const std::vector<std::string>& labels);

void PrintTimes(const Times& times);

#endif  // NAMESAKE_GUESTS_CLASSIFY_ANSWER_H_
