"""The contract between server and clients: msgspec Structs, by slice.

Only msgspec and the standard library are imported here. Requests forbid unknown
fields, so a typing error is answered; answers ignore them, so that an older
console understands a newer server.
"""
