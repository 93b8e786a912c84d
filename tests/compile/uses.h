/* uses.h: driver source that has names of the C++ library's parameters as annotations, and __try, which is the
 * library's as well; and templates of the library that have both in their bodies. */
#ifndef USES_H
#define USES_H

__success(return == 0) int Annotated(__in const char *Text, __out int *Count, __inout_opt int *Both,
                                     __reserved int None, __callback void (*Routine)(void), __range(0, 9) int Digit,
                                     __deref __valid char **Where);
int Protected(volatile int *Address);

__success(return == 0) int Annotated(__in const char *Text, __out int *Count, __inout_opt int *Both, __reserved int,
                                     __callback void (*Routine)(void), __range(0, 9) int Digit,
                                     __deref __valid char **Where)
{
    *Count = Text[0] + Digit + (Both == nullptr ? 0 : *Both) + (Routine == nullptr) + (*Where == nullptr);
    return 0;
}

int Protected(volatile int *Address)
{
    volatile int Value = 0;

    __try {
        Value = *Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Value = (int)GetExceptionCode();
    }
    __try {
        Value = Value + 1;
        if (Value == 2) {
            __leave;
        }
        Value = Value + 2;
    } __finally {
        Value = Value + 3;
    }
    return Value;
}

inline std::size_t Library()
{
    std::vector<std::string> Words(3, "word");
    std::map<std::string, int> Ages{{"one", 1}};
    auto Number = std::make_unique<int>(1);
    std::thread Thread([] {});

    Thread.join();
    std::sort(Words.begin(), Words.end());
    std::copy(Words.begin(), Words.end(), Words.begin());
    Words.insert(Words.begin(), "first");
    return Words.size() + Ages.size() + (std::size_t)*Number;
}

#endif
