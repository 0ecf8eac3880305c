/* The floor: the benchmark workload written out by hand, to see what being general costs the engine.

   The same draws, times and sums as any other engine (run.py compares them), but of this process only: one person a
   task, first come first served, one calendar (Monday to Friday from 9 to 17; time 0 is a Monday 00:00).
   The end of a task is an event of its own. Of one second, ends come first, then requests by case. */

#include <stdint.h>

enum { NEED, MARKET_STUDY, SPECS, LEGAL_REVIEW, LEGAL_SIGNOFF, BUDGET_CHECK, BUDGET_RESERVE, ASSEMBLE, APPROVE_DOCS,
       PUBLISH, CLARIFY, OPEN_BIDS, COMPLIANCE, TECH_EVAL, FIN_EVAL, EVAL_REPORT, REPORT_APPROVAL, AWARD,
       CONTRACT_DRAFT, COMMIT_FUNDS, SIGN, REGISTER, CANCEL_NOTICE, ARCHIVE, ACTIVITIES };
enum { AFTER_LEGAL_SIGNOFF, AFTER_BUDGET_RESERVE, AFTER_PUBLISH, AFTER_COMPLIANCE, AFTER_AWARD, AFTER_REGISTER,
       AFTER_CANCEL_NOTICE, BACK_TO_ASSEMBLE, BACK_TO_TECH_EVAL, TIMERS };
enum { DOCS_APPROVED, REPORT_DECIDED, CHOICES };
enum { EFFORT, WAIT, BRANCH };                        /* the words of a block */
enum { POOLS = 8, MOST_CASES = 2048, TABLES = 8, TABLE = 1536 };
enum { DAY = 86400, OPENS = 9 * 3600, HOURS = 8 * 3600 };
enum { WIDTH = 11, RING = 1 << 15, WORDS = RING / 64, COARSE = WORDS / 64 };  /* buckets of 2**WIDTH seconds */

typedef struct { uint32_t name; int32_t mean, table; } Law;  /* the draw of a node: key of its name, mean in seconds */

typedef struct {                                      /* read only; made by floor.py */
    uint32_t seed[2];
    int32_t cases, heads[POOLS], pool[ACTIVITIES];
    Law effort[ACTIVITIES], handover[ACTIVITIES], timer[TIMERS];
    uint32_t choice[CHOICES];                         /* keys of their names */
    uint32_t back[CHOICES], award;                    /* a word below `award` awards, else one below `back` goes back */
    uint32_t arrival[MOST_CASES];
    int32_t table[TABLES][TABLE];
} Workload;

typedef struct { int64_t cycle, waited[ACTIVITIES], worked[ACTIVITIES], visits[ACTIVITIES], busy[POOLS]; } Sums;

/* Two tokens a case, for the branches in parallel. One is in a bucket or in a queue: `next` serves both.
   Key: time << 16 | whether it is a request << 15 | token. */
typedef struct { uint64_t key; int32_t effort; int16_t next; uint8_t activity, visit; } Token;
typedef struct { int32_t free, first, last; } Pool;
typedef uint64_t Pair __attribute__((vector_size(16)));
typedef uint32_t Block __attribute__((vector_size(16)));

typedef struct {
    const Workload *work;
    Sums *sums;
    uint32_t replication;
    int32_t bucket, near;                             /* the bucket at hand, and how many events are left in it */
    Block key[10];                                    /* of the rounds of Philox */
    uint64_t coarse[COARSE], fine[WORDS];             /* which words of `fine`, which buckets hold anything */
    uint64_t sorted[2 * MOST_CASES];                  /* the bucket at hand, the next event last */
    Pool pool[POOLS];
    uint32_t joined[MOST_CASES];                      /* when the first of two branches gets to the join */
    Token token[2 * MOST_CASES];
    int16_t head[RING];
} Run;

/* -- draws -------------------------------------------------------------------------------------------------------- */

/* Philox4x32-10 with the block in one register: both products of a round at once, then their halves change places. */
static inline Block philox(const Run *run, int32_t t, uint32_t name, uint32_t visit) {
    Block block = {(uint32_t)t >> 1, name, visit, run->replication};
    for (int round = 0; round < 10; round++) {
        Block product = (Block)(((Pair)block & 0xFFFFFFFFu) * (Pair){0xD2511F53u, 0xCD9E8D57u});
        block = __builtin_shufflevector(product, product, 3, 2, 1, 0) ^ (Block)((Pair)block >> 32) ^ run->key[round];
    }
    return block;
}

/* Seconds by a law at a word: its quantile table has 1,024 bins, the first and last of them cut into 256. */
static inline uint32_t seconds(const Run *run, const Law *law, uint32_t word) {
    uint32_t bin = word >> 22, at = bin + 255, shift = 22;
    if (bin == 0 || bin == 1023) at = (bin ? 1278 : 0) + (word >> 14 & 255), shift = 14;
    const int32_t *knot = run->work->table[law->table] + at;
    int64_t rest = word & ((1u << shift) - 1);
    return (uint32_t)((knot[0] + ((knot[1] - knot[0]) * rest >> shift)) * law->mean >> 20);
}

static inline uint32_t timer(const Run *run, int32_t t, int32_t which, uint32_t visit) {
    const Law *law = &run->work->timer[which];
    return seconds(run, law, philox(run, t, law->name, visit)[WAIT]);
}

static inline uint32_t word(const Run *run, int32_t t, int32_t choice) {
    return philox(run, t, run->work->choice[choice], run->token[t].visit)[BRANCH];
}

/* -- calendar ----------------------------------------------------------------------------------------------------- */

/* Seconds of working time up to a time. */
static inline uint32_t worked(uint32_t time) {
    uint32_t day = time / DAY, clock = time - day * DAY, week = day / 7, weekday = day - week * 7;
    uint32_t today = clock < OPENS ? 0 : clock - OPENS < HOURS ? clock - OPENS : HOURS;
    return weekday < 5 ? (week * 5 + weekday) * HOURS + today : (week * 5 + 5) * HOURS;
}

/* When a second of working time begins. */
static inline uint32_t clock_of(uint32_t second) {
    uint32_t days = second / HOURS;
    return (days + days / 5 * 2) * DAY + OPENS + second - days * HOURS;
}

/* -- events ------------------------------------------------------------------------------------------------------- */

/* Into the bucket at hand, without a branch that could be guessed wrong. */
static inline void insert(Run *run, uint64_t key) {
    for (int32_t at = 0; at < run->near; at++) {
        uint64_t other = run->sorted[at], less = key < other ? key : other;
        run->sorted[at] = key ^ other ^ less;
        key = less;
    }
    run->sorted[run->near++] = key;
}

/* A token requests its task at a time, or (`request` 0) ends it. */
static inline void schedule(Run *run, int32_t t, uint32_t time, uint32_t request) {
    uint64_t key = (uint64_t)time << 16 | request << 15 | (uint32_t)t;
    int32_t bucket = (int32_t)(time >> WIDTH), slot = bucket & (RING - 1);
    run->token[t].key = key;
    if (bucket == run->bucket) {
        insert(run, key);
        return;
    }
    run->token[t].next = run->head[slot];
    run->head[slot] = (int16_t)t;
    run->fine[slot >> 6] |= 1ull << (slot & 63);
    run->coarse[slot >> 12] |= 1ull << (slot >> 6 & 63);
}

/* The first slot of the ring, from one on, that holds events; -1 if none does. */
static int32_t following(const Run *run, int32_t slot) {
    int32_t at = slot >> 6;
    uint64_t bits = run->fine[at] & ~0ull << (slot & 63);
    if (bits) return at << 6 | __builtin_ctzll(bits);
    for (int32_t step = 0; step <= COARSE; step++) {
        at = step ? (at | 63) + 1 : at + 1;
        at &= WORDS - 1;
        bits = run->coarse[at >> 6] & ~0ull << (at & 63);
        if (!bits) continue;
        at = (at & ~63) | __builtin_ctzll(bits);
        return at << 6 | __builtin_ctzll(run->fine[at]);
    }
    return -1;
}

/* Take the next bucket in hand; 0 if nothing is left to happen. */
static int advance(Run *run) {
    int32_t slot = following(run, run->bucket & (RING - 1));
    if (slot < 0) return 0;
    for (int32_t t = run->head[slot]; t >= 0; t = run->token[t].next) insert(run, run->token[t].key);
    run->bucket = (int32_t)(run->sorted[0] >> (16 + WIDTH));
    run->head[slot] = -1;
    run->fine[slot >> 6] &= ~(1ull << (slot & 63));
    if (!run->fine[slot >> 6]) run->coarse[slot >> 12] &= ~(1ull << (slot >> 6 & 63));
    return 1;
}

/* -- people ------------------------------------------------------------------------------------------------------- */

/* Someone takes the task of a token on: now, or when the office next opens. */
static inline void start(Run *run, int32_t t, uint32_t now) {
    const Token *token = &run->token[t];
    uint32_t first = worked(now), last = first + (uint32_t)token->effort - 1;
    run->sums->waited[token->activity] += clock_of(first) - (uint32_t)(token->key >> 16);
    run->sums->worked[token->activity] += token->effort;
    run->sums->visits[token->activity]++;
    schedule(run, t, clock_of(last) + 1, 0);
}

static inline void request(Run *run, int32_t t, uint32_t now) {
    Pool *pool = &run->pool[run->work->pool[run->token[t].activity]];
    if (pool->free) {
        pool->free--;
        start(run, t, now);
        return;
    }
    run->token[t].next = -1;
    if (pool->first < 0) pool->first = t;
    else run->token[pool->last].next = (int16_t)t;
    pool->last = t;
}

static inline void release(Run *run, int32_t activity, uint32_t now) {
    Pool *pool = &run->pool[run->work->pool[activity]];
    int32_t t = pool->first;
    if (t < 0) {
        pool->free++;
        return;
    }
    pool->first = run->token[t].next;
    start(run, t, now);
}

/* -- the way of a case -------------------------------------------------------------------------------------------- */

/* The draws of a task to come: they give its effort; returned for its hand-over. */
static inline Block enter(Run *run, int32_t t, int32_t activity) {
    const Law *law = &run->work->effort[activity];
    Token *token = &run->token[t];
    Block block = philox(run, t, law->name, token->visit);
    uint32_t effort = seconds(run, law, block[EFFORT]);
    token->activity = (uint8_t)activity;
    token->effort = effort ? (int32_t)effort : 1;
    return block;
}

/* On to a task whose request comes at a known time, and to one that is handed over. */
static inline void begin(Run *run, int32_t t, int32_t activity, uint32_t time) {
    enter(run, t, activity);
    schedule(run, t, time, 1);
}

static inline void hand_over(Run *run, int32_t t, int32_t activity, uint32_t now) {
    Block block = enter(run, t, activity);
    schedule(run, t, now + seconds(run, &run->work->handover[activity], block[WAIT]), 1);
}

/* A branch is over; the later of the two goes on, as the first token of the case. */
static inline void join(Run *run, int32_t t, uint32_t time) {
    uint32_t other = run->joined[t >> 1];
    run->joined[t >> 1] = time;
    if (other) begin(run, t & ~1, ASSEMBLE, other > time ? other : time);
}

static inline void again(Run *run, int32_t t, int32_t activity, int32_t which, uint32_t now) {
    uint32_t visit = run->token[t].visit++;
    begin(run, t, activity, now + timer(run, t, which, visit));
}

static inline void docs_approved(Run *run, int32_t t, uint32_t now) {
    if (word(run, t, DOCS_APPROVED) < run->work->back[DOCS_APPROVED]) {
        again(run, t, ASSEMBLE, BACK_TO_ASSEMBLE, now);
        return;
    }
    run->token[t].visit = 0;
    hand_over(run, t, PUBLISH, now);
}

static inline void report_decided(Run *run, int32_t t, uint32_t now) {
    uint32_t drawn = word(run, t, REPORT_DECIDED);
    if (drawn >= run->work->award && drawn < run->work->back[REPORT_DECIDED]) {
        again(run, t, TECH_EVAL, BACK_TO_TECH_EVAL, now);
        return;
    }
    run->token[t].visit = 0;
    hand_over(run, t, drawn < run->work->award ? AWARD : CANCEL_NOTICE, now);
}

static inline void split(Run *run, int32_t t, uint32_t now) {
    run->token[t + 1].visit = 0;
    hand_over(run, t, LEGAL_REVIEW, now);
    hand_over(run, t + 1, BUDGET_CHECK, now);
}

static inline void leave(Run *run, int32_t t, int32_t activity, uint32_t now) {
    switch (activity) {
    case SPECS: split(run, t, now); break;
    case LEGAL_SIGNOFF: join(run, t, now + timer(run, t, AFTER_LEGAL_SIGNOFF, 0)); break;
    case BUDGET_RESERVE: join(run, t, now + timer(run, t, AFTER_BUDGET_RESERVE, 0)); break;
    case APPROVE_DOCS: docs_approved(run, t, now); break;
    case PUBLISH: begin(run, t, CLARIFY, now + timer(run, t, AFTER_PUBLISH, 0)); break;
    case COMPLIANCE: begin(run, t, TECH_EVAL, now + timer(run, t, AFTER_COMPLIANCE, 0)); break;
    case REPORT_APPROVAL: report_decided(run, t, now); break;
    case AWARD: begin(run, t, CONTRACT_DRAFT, now + timer(run, t, AFTER_AWARD, 0)); break;
    case REGISTER: begin(run, t, ARCHIVE, now + timer(run, t, AFTER_REGISTER, 0)); break;
    case CANCEL_NOTICE: begin(run, t, ARCHIVE, now + timer(run, t, AFTER_CANCEL_NOTICE, 0)); break;
    case ARCHIVE: run->sums->cycle += now - run->work->arrival[t >> 1]; break;
    default: hand_over(run, t, activity + 1, now);
    }
}

/* A case will arrive as the request for its first task; once it has, the next one is due. */
static inline void arrive(Run *run, int32_t number) {
    if (number == run->work->cases) return;
    run->token[2 * number].visit = 0;
    begin(run, 2 * number, NEED, run->work->arrival[number]);
}

/* -- a replication ------------------------------------------------------------------------------------------------ */

static void prepare(Run *run) {
    const uint32_t *seed = run->work->seed;
    for (uint32_t i = 0; i < 10; i++) run->key[i] = (Block){seed[0] + i * 0x9E3779B9u, 0, seed[1] + i * 0xBB67AE85u, 0};
    for (int32_t i = 0; i < RING; i++) run->head[i] = -1;
    for (int32_t i = 0; i < WORDS; i++) run->fine[i] = 0;
    for (int32_t i = 0; i < COARSE; i++) run->coarse[i] = 0;
    for (int32_t i = 0; i < POOLS; i++) run->pool[i] = (Pool){run->work->heads[i], -1, -1};
    for (int32_t i = 0; i < MOST_CASES; i++) run->joined[i] = 0;
    run->bucket = -1, run->near = 0;
}

/* From the first arrival until nothing is left to happen; `run` is room to work in, `sums` are zeros at first. */
void floor_run(const Workload *work, uint32_t replication, Run *run, Sums *sums) {
    run->work = work, run->sums = sums, run->replication = replication;
    prepare(run);
    arrive(run, 0);
    while (run->near || advance(run)) {
        uint64_t key = run->sorted[--run->near];
        uint32_t now = (uint32_t)(key >> 16);
        int32_t t = key & 0x7FFF, activity = run->token[t].activity;
        if (key & 0x8000) {
            if (activity == NEED) arrive(run, t / 2 + 1);
            request(run, t, now);
        } else {
            release(run, activity, now);
            leave(run, t, activity, now);
        }
    }
    for (int32_t i = 0; i < ACTIVITIES; i++) sums->busy[work->pool[i]] += sums->worked[i];
}

int64_t floor_room(void) { return sizeof(Run); }
