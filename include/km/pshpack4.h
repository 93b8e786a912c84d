// Packs structures to 4 bytes, until poppack.h is included.
#pragma pack(push, 4)
