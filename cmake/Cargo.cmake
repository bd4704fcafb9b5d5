find_program(NAMESAKE_CARGO cargo REQUIRED HINTS "$ENV{HOME}/.cargo/bin")
