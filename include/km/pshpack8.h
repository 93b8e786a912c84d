// Packs structures to 8 bytes, until poppack.h is included.
#pragma pack(push, 8)
