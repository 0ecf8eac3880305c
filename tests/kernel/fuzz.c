/*
Looks for plans that make the kernel stray: `make fuzz`. An input says which seed to take (images of plans, written by
seeds.py), how little room to give, and what to change in the image; where it gives an odd number of cases, it runs as
if they were many. What procsim_check lets pass must run without a finding of the sanitizers, in an arena of exactly the
room that the kernel asks for, with a fence behind every piece.
*/

#include <stdint.h>

int64_t fenced(int64_t end);
#define FENCED(end) fenced(end)
#include "../../procsim/engine/kernel.c"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON(at, bytes) ASAN_POISON_MEMORY_REGION(at, bytes)
#define HEAL(at, bytes) ASAN_UNPOISON_MEMORY_REGION(at, bytes)
#endif
#endif
#ifndef POISON
#define POISON(at, bytes)
#define HEAL(at, bytes)
#endif

/* What an input consists of, after its first byte, the number of the seed. */
typedef struct { uint8_t hands, table, log, people; } Room;
typedef struct { uint8_t section, how; uint16_t at; int32_t value; } Edit; /* the header of the image is the last section */

enum { SEEDS = 16, FENCES = 64, MOST_ROOM = 1 << 25, MOST_DRAWN = 64, MOST_FAILURES = 4096, MOST_TOKENS = 1 << 16, MOST_LINES = 1 << 12 };

static struct { Integer *image, words; } seeds[SEEDS];
static unsigned seeds_count;
static struct { Integer from, to; } fences[FENCES];
static unsigned fences_count;
static int by_rows; /* the table, as where cases are many */

/* Where the next piece begins, beyond a fence of at least two lines. */
int64_t fenced(int64_t end)
{
    Integer next = (end + LINE - 1) / LINE * LINE + 2 * LINE;
    if (fences_count == FENCES) abort();
    fences[fences_count].from = end;
    fences[fences_count++].to = next;
    return next;
}

/* Read the seeds, the files 0.image, 1.image, and so on of the present folder. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    for (; seeds_count < SEEDS; seeds_count++) {
        char name[16];
        snprintf(name, sizeof name, "%u.image", seeds_count);
        FILE *file = fopen(name, "rb");
        if (!file) break;
        fseek(file, 0, SEEK_END);
        size_t bytes = (size_t)ftell(file);
        rewind(file);
        seeds[seeds_count].words = (Integer)(bytes / sizeof(Integer));
        seeds[seeds_count].image = malloc(bytes);
        if (fread(seeds[seeds_count].image, 1, bytes, file) != bytes) abort();
        fclose(file);
    }
    if (!seeds_count) abort();
    return 0;
}

/* Set a word, or add to it: a small number, moved up by some bits. */
static void edit(Integer *image, const Integer *seed, const Edit *e)
{
    unsigned which = e->section % (SECTIONS + 1);
    Integer from = which < SECTIONS ? seed[1 + 2 * which] : 0, words = which < SECTIONS ? seed[2 + 2 * which] : 1 + 2 * SECTIONS;
    if (!words) return;
    Integer *word = image + from + e->at % words;
    *word = (Integer)((e->how & 1 ? (uint64_t)*word : 0) + ((uint64_t)(int64_t)e->value << (e->how >> 1 & 31)));
}

/* Whether a plan that has been checked is soon over. */
static int small(const Integer *plan, const Limits *limits)
{
    const Numbers *n = (const Numbers *)section(plan, NUMBERS);
    const Law *laws = (const Law *)section(plan, LAWS);
    Integer cases = 0;
    if (limits->hands * n->width > MOST_TOKENS) return 0;
    for (Integer law = 0; law < records(plan, LAWS); law++) {
        if (law == n->outage_law && laws[law].many > MOST_FAILURES) return 0;
        if (law != n->outage_law) cases += laws[law].many;
    }
    return cases <= MOST_DRAWN;
}

/* Whether every task of a plan has few people, each of whom is a line of the log. */
static int few(const Integer *plan)
{
    const Staff *staff = (const Staff *)section(plan, STAFF);
    for (Integer at = 0; at < records(plan, STAFF); at++)
        if (staff[at].heads > MOST_LINES) return 0;
    return 1;
}

/* Run a plan once; its fault. The fences are those that the kernel named when it asked for so much room. */
static Integer run_once(const Integer *plan, Limits limits, Integer room, Integer *needed)
{
    const Numbers *n = (const Numbers *)section(plan, NUMBERS);
    Integer columns = ROW + CAUSES + n->marks + length(plan, ROLES), *arena = malloc((size_t)room * sizeof(Integer)),
            *table = malloc((size_t)(limits.table * columns) * sizeof(Integer));
    limits.next_row = by_rows ? columns : 1;
    limits.next_column = by_rows ? 1 : limits.table;
    for (unsigned at = 0; at < fences_count; at++)
        POISON(arena + fences[at].from, (size_t)(fences[at].to - fences[at].from) * sizeof(Integer));
    fences_count = 0;
    Integer fault = procsim_run(plan, 1, (const Integer *)&limits, table, arena, room);
    *needed = ((Report *)arena)->needed;
    HEAL(arena, (size_t)room * sizeof(Integer));
    free(arena);
    free(table);
    return fault;
}

/*
Run a plan, with more room as long as that is wanted, as a caller would; whether it was over within a second. One that
goes round for years takes longer, and with more room longer still: it has been seen.
*/
static int run(const Integer *plan, Limits limits)
{
    int brief = 1;
    const Integer least_room = sizeof(Report) / sizeof(Integer);
    Integer room = least_room, needed, fault, *each[] = {&limits.hands, &limits.table, &limits.log, &limits.people};
    while (brief && room <= MOST_ROOM && limits.hands <= MOST_TOKENS) {
        clock_t began = clock();
        fault = run_once(plan, limits, room, &needed);
        brief = clock() - began < CLOCKS_PER_SEC;
        if (fault == NO_ROOM) {
            if (needed <= room) abort(); /* the caller would try for ever */
            room = needed;
        } else if (fault >= HANDS_FULL && fault <= PEOPLE_FULL) {
            *each[fault - HANDS_FULL] *= 2;
            room = least_room;
            fences_count = 0;
        } else {
            break;
        }
    }
    fences_count = 0;
    return brief;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t bytes)
{
    Room room;
    Edit e;
    if (bytes < 1 + sizeof room) return -1;
    const Integer *seed = seeds[*input % seeds_count].image, words = seeds[*input % seeds_count].words;
    memcpy(&room, input + 1, sizeof room);
    Integer *plan = malloc((size_t)words * sizeof(Integer));
    memcpy(plan, seed, (size_t)words * sizeof(Integer));
    for (size_t at = 1 + sizeof room; at + sizeof e <= bytes; at += sizeof e) {
        memcpy(&e, input + at, sizeof e);
        edit(plan, seed, &e);
    }
    by_rows = room.hands % 2;
    Limits limits = {1 + room.hands, 1 + room.table, 0, 0, 0, 0};
    if (procsim_check(plan, words) == NONE && small(plan, &limits)) {
        int brief = run(plan, limits);
        limits.log = 1 + room.log;
        limits.people = 1 + room.people;
        if (brief && few(plan)) run(plan, limits);
    }
    free(plan);
    return 0;
}
