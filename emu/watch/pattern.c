/* pattern.c: names with * and ?. */
#include "watch/pattern.h"

#include <string.h>

/* When the rest does not match behind a *, that one takes a character more. */
static BOOLEAN VfMatchesWord(PCSTR Word, PCSTR WordEnd, PCSTR Text)
{
    PCSTR Star = NULL, TextOfStar = NULL;

    while (*Text != 0) {
        if (Word < WordEnd && *Word == '*') {
            Star = ++Word;
            TextOfStar = Text;
        } else if (Word < WordEnd && (*Word == '?' || *Word == *Text)) {
            Word++;
            Text++;
        } else if (Star != NULL) {
            Word = Star;
            Text = ++TextOfStar;
        } else {
            return FALSE;
        }
    }
    while (Word < WordEnd && *Word == '*') {
        Word++;
    }
    return Word == WordEnd;
}

BOOLEAN VfMatches(PCSTR Pattern, PCSTR Text)
{
    return VfMatchesWord(Pattern, Pattern + strlen(Pattern), Text);
}

BOOLEAN VfMatchesOneOf(PCSTR List, PCSTR Text)
{
    for (PCSTR Word = List; *Word != 0;) {
        PCSTR End = Word;
        while (*End != 0 && *End != ' ') {
            End++;
        }
        if (End > Word && VfMatchesWord(Word, End, Text)) {
            return TRUE;
        }
        Word = *End == 0 ? End : End + 1;
    }
    return FALSE;
}
