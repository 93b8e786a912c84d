// pool.cpp: a C++ program with pool. Standard headers come before the kernel's, whose words __in and __out they use.
#include <iostream>
#include <vector>

#include "pool.h"

int main()
{
    std::vector<bool> ok(10);
    for (auto &&one : ok) {
        one = use_pool();
        if (!one) {
            std::cout << "not ok\n";
            return 1;
        }
    }
    std::cout << "ok\n";
    return 0;
}
