// Errors as bytes, for messages between a host and its workers.
#ifndef NAMESAKE_PROTOCOL_WIRE_H_
#define NAMESAKE_PROTOCOL_WIRE_H_

#include "graph/wire.h"
#include "namesake/error.h"

namespace namesake::protocol {

using graph::Reader;
using graph::Writer;

// An error's texts are cut at 4,096 bytes each, and read as printable text whatever they are.
void Put(const Error& error, Writer& to);
Error TakeError(Reader& from);
void Put(const Wording& text, Writer& to);
Wording TakeWording(Reader& from);

}  // namespace namesake::protocol

#endif  // NAMESAKE_PROTOCOL_WIRE_H_
