// Packs structures to 1 byte, until poppack.h is included.
#pragma pack(push, 1)
