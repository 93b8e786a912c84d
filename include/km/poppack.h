// Ends what a pshpack header has begun.
#pragma pack(pop)
