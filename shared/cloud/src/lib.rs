//! The outside world behind small types: tables, sockets, push, mail, media and keys.
