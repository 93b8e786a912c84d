// Packs structures to 2 bytes, until poppack.h is included.
#pragma pack(push, 2)
