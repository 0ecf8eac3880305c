/*
The fast engine: one replication of a plan as reference.py defines it, row for row. Integers only; no library, no global
state, no memory but what the caller gives: an arena, and a table. One file, for the native library and for WebAssembly.

Events. Time is whole seconds. What is still to come lies in three places: the next arrival of each class of cases, the
next wake of each team, and the wheel, which holds every token that a hand-over, a timer or a task keeps busy. The wheel
has three levels of 2**11 slots. A slot of the lowest is a few seconds long (`grain`), and its tokens lie in order of
time; a slot of any other is as long as the level below. A token comes down as the present draws near: its time is its
key, and none is too far away.

Order. At one instant everything that ends comes first, in any order, for nothing depends on it. Then each team whose
tasks, people or hours have changed is assigned once: its waiting tasks in the order (priority, enabled, case, node).
Tasks of a team that need the same people at the same hours are one demand, which has a queue for each priority; the
assignment merges the queues, and leaves a demand as soon as all its people are taken or claimed.

Arena. A case has a record only while it is in hand; when it ends, its row goes to the table, which the caller gives and
lays out as he likes. `lay_out` cuts the arena into its pieces, of whole lines: it should begin with one, and must with
a multiple of 16 bytes. The first piece is the report, which says where the caller finds the others.

Plan. A plan comes as one array of integers: a magic number, then offset and length of each section. The structs say
what the records of a section are; image.py writes them field by field. `procsim_check` refuses, once for a plan,
whatever could lead outside the array or beyond 64 bits; `procsim_run` trusts a plan that has been checked.
*/

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define INLINE static inline __attribute__((always_inline))   /* on the way of every event */
#define OUTLINE static __attribute__((noinline))               /* kept out of it, for the sake of its registers */

/* An address that stays in a register: a compiler would rather add it up again and again from its parts. */
#define KEEP(address) __asm__("" : "+r"(address))

/* Write a number past the caches, where the compiler can. */
#if __has_builtin(__builtin_nontemporal_store)
#define WRITE_PAST(number, to) __builtin_nontemporal_store(number, to)
#else
#define WRITE_PAST(number, to) (*(to) = (number))
#endif

typedef int64_t Integer;
typedef uint32_t Words __attribute__((vector_size(16)));
typedef uint64_t Products __attribute__((vector_size(16)));
typedef uint32_t Sums __attribute__((vector_size(16), aligned(4), may_alias)); /* seconds by cause */

enum { MAGIC = 0x70726f63 };
enum { TASK, TIMER, BIDDING, EXCLUSIVE, PARALLEL, JOIN, END };
enum { BY_PROBABILITY, BY_BIDS, BY_VALID_BIDS, BY_VALUE, BY_LOSING_BIDS, BY_DAYS_SINCE_BIDS };
enum { EFFORT, WAIT, BRANCH };        /* the words of a visit */
enum { GAP, VALUE, ROUTE, READINESS }; /* the words of an arrival */
enum { AWARE, REACHED, BIDS, VALID };  /* the words of a round */
enum { LEVEL, CAPTURE, WINNER };       /* the words of its price */
enum { WORK, QUEUE, CLOSED, HANDOVER, SPENT, RULE = SPENT, SUPPLIER, CAUSES }; /* on tasks the first four */
enum { OPEN = 3 }; /* the status of a case that has not ended */
enum { ONE = 20, BINS = 1024, FINE = 256, KNOTS = 1535, TABLE_WORDS = 768, ROW = 19, PRICES = 1025, MOST_LOSING = 400 };
enum { DAY = 86400, ROUNDS = 10, MOST_VISITS = 65535, MOST_PASSES = 1 << 20, LINE = 8 };
enum { LEVELS = 3, BITS = 11, SLOTS = 1 << BITS, COARSE = 4 }; /* of the wheel, slots at each level, bits of a grain */
enum { INFINITE = 1 << 30, MOST_LAWS = 1 << 15, MOST_HEADS = 1 << 18, MOST_COUNT = 1 << 22, MOST_SECONDS = 0x7fffffff };

static const Integer FOREVER = (Integer)1 << 40, MOST = (Integer)1 << 62;

enum Fault {
    NONE, BAD_PLAN, NO_ROOM, HANDS_FULL, TABLE_FULL, LOG_FULL, PEOPLE_FULL, TOO_MANY_VISITS, TOO_MANY_SECONDS,
    TOO_MANY_CASES, ENDLESS, TOO_MUCH_AT_ONCE,
};

/* -- a plan ------------------------------------------------------------------------------------------------------- */

enum Section {
    NUMBERS, NODES, STAFF, BRANCHES, ROLES, TEAMS, TEAM_ROLES, DEMANDS, CALENDARS, OPENS, CLOSES, DONE, WORKING, RANKS,
    TABLES, LOSING, MARKETS, LAWS, ROUTINGS, LISTS, SHARES, STARTS, OUTAGES, SECTIONS
};

typedef struct {
    Integer seed_low, seed_high, horizon, cohort_from, cohort_to, nodes, parts, priorities, stages, marks, contract,
        slots, width;
    Integer exponential, suppliers_key, price_key, outage_law, outage_length, outage_table, extension, most_cases;
} Numbers;

typedef struct {
    Integer kind, fixed, per_bid, per_valid_bid, effort_table, wait, wait_table, wait_working, chance, key, slot, next;
    Integer demand, cell, supplier, marks, recorded, portal, bidder, winner, market, stretch, by, status, branch_from,
        branch_to;
    Integer unused[6]; /* so that a node fills whole lines */
} Node;

typedef struct { Integer role, heads; } Staff;
typedef struct { Integer to, bound, at_most, then; } Branch;
typedef struct { Integer demand_from, demand_to, role_from, role_to; } Team;
typedef struct {
    Integer team, calendar, whole, staff_from, staff_to, simple, role, heads;
} Demand; /* simple: a role and its heads are all, and alone in the team */
typedef struct { Integer from, to; } Calendar;
typedef struct { Integer bands, bounds, thresholds; } Routing;

typedef struct {
    Integer size, bands, firms, ring_below, ring_bids, ring_paid, ring_price, ring_row;
    Integer counts, edges, aware, reached, bids, valid, price, winner; /* where they begin in LISTS */
} Market;

typedef struct {
    Integer many, gap, times, pieces, opens, weights, reached, key, value, quantiles, priority, routing;
    Integer values, methods, windows, method_routing; /* what data say of each case, where they begin in LISTS, or -1 */
} Law;

/* -- what a run keeps in hand ------------------------------------------------------------------------------------- */

typedef struct {
    int32_t next, previous, due, record;
} Link; /* of a token in the wheel or in a queue, which it was due in; its record in lines. A queue is a ring that
           begins and ends with a link of its own, which follows those of the tokens. */

typedef struct { /* what else is known of a token */
    int32_t node; /* counted through all variants */
    uint16_t visit, priority; /* that of its case, which a hand-over that is over need not look at */
    int32_t released, start; /* start is -1 until the task begins */
    int32_t spent[SPENT]; /* seconds by cause, once the task begins. Until then WORK is the effort, which is a factor
                             until the task is enabled, and QUEUE the clock of its people when it was enabled. */
    Words words; /* of the step that follows: each round of a draw waits for that before, but nobody waits for these */
    Integer unused[2]; /* so that a token fills a line */
} Token;

typedef struct { /* what every step looks at; with the labour that follows, mostly on one line */
    int32_t number, tokens, contract, steps, recorded, online;
    int16_t priority, counted;
    int16_t never, unused; /* stay 0: visits before of what no way leads back to */
} Case; /* labour by role, visits by node, sums by stage and cause since the contract, the outcome, and marks follow */

typedef struct {
    int32_t arrival, kind, part, variant, own_window, ended, status;
    int32_t closed, window, rounds, bids, valid_bids, paid, price, winner, moved;
    int32_t next; /* free record, once the case has ended */
    Integer value, all_bids, bidder_seconds;
    Integer waits[CAUSES]; /* up to the contract */
} Outcome;

typedef struct {
    Integer needed, cases, first, rows, log_rows, people_rows; /* first: the case in the first row of the table */
    Integer in_hand[3];                                        /* seconds that cases were open in the cohort's time */
    Integer stages, busy, log, people;                         /* where they begin in the arena */
} Report;

typedef struct {
    Integer hands, table, log, people; /* cases in hand, rows of table and log */
    Integer next_row, next_column; /* words from a cell of the table to the next; by rows where cases outgrow a cache */
} Limits;

typedef struct { Integer next, position, piece, time, value, part, variant, own_window; } Arrival;

typedef struct {
    Integer opens, closes, next_opens, next_closes, done, at, to;
} Hours; /* of a calendar: the present interval, or the next; its number, `at`; and the one that follows it */

typedef struct { /* the present state of a team */
    Integer wake, shut;
    int32_t waiting, unsettled;
    const Team *team;
    const struct Desk *desk; /* the first, or only */
} Crew;

typedef struct Desk { /* a demand: where its state lies */
    Crew *crew;
    Hours *hours;
    Integer *free; /* how many are free of the role that leads */
    const Staff *staff, *staff_end;
    int32_t queues, queues_end; /* by priority */
    int32_t heads;
    int8_t whole, simple;
} Desk;

typedef struct { /* a node: what every step looks at, on one line; `plan` has the rest */
    const int32_t *effort_table, *wait_table;
    const Desk *desk;
    const Node *plan;
    int32_t fixed, wait, next;
    uint32_t key;
    int32_t visits_at; /* in pairs of bytes from the case; `again` is what a visit adds there */
    int16_t cell; /* the latter of a timer with the cause of its time */
    int8_t kind, again, chance, by_days, by_bids, entails, recorded, portal;
} Step;

typedef struct { /* of the wheel: the slots that hold tokens, and the first token of each */
    uint64_t filled[SLOTS / 64];
    int32_t first[SLOTS];
} Level;

typedef struct {
    Words keys[ROUNDS]; /* of the rounds of Philox */
    uint64_t words[LEVELS]; /* of each level of the wheel: the words of its slots that hold tokens */
    Level *levels;
    Integer now, due, expected, horizon, cohort_from, cohort_to;
    const Integer *image, *opens, *closes, *done, *lists, *heads;
    const int32_t *tables; /* two numbers to a word */
    const Numbers *numbers;
    const Node *nodes;
    const Staff *staff;
    const Branch *branches;
    const Team *teams;
    const Demand *demands;
    const Calendar *calendars;
    const Law *laws;
    Integer roles, teams_count, laws_count;
    Report *report;
    Limits limits;
    Integer *arena, taken, record_words, visits_at, sums_at, labour_at, outcome_at, marks_at;
    Integer open_cohort, next_arrival, next_wake, passes, unsettled_count, outages_count, free_record, used_records;
    Integer *table, *row, *stages, *busy, *free, *unclaimed, *cursors, *merging;
    Crew *crews, **unsettled;
    Desk *desks;
    Step *steps;
    Hours *hours;
    Integer *outages, *records, *people_from, *lowest;
    uint64_t *busy_people;
    Arrival *arrivals;
    Link *links;
    Token *tokens;
    int32_t *log, *people_log, *first_person, *next_person; /* of those on the task of a token */
    int32_t free_token, used_tokens, most_tokens, ready;
    enum Fault fault;
    int32_t over, large; /* large: cases in hand outgrow a cache, and memory decides how fast all is */
    uint32_t grain, present; /* of the wheel: slots of 2**grain seconds, and how many had begun, never after `now` */
    uint32_t slot; /* of the lowest level, where the soonest token lies */
    int32_t soonest;
} Run;

/* How many words so many things of a type take. */
#define WORDS(number, type) (((number) * (Integer)sizeof(type) + 7) / 8)

static const Integer *section(const Integer *image, int which) { return image + image[1 + 2 * which]; }
static Integer length(const Integer *image, int which) { return image[2 + 2 * which]; }
static Integer least(Integer a, Integer b) { return a < b ? a : b; }
static Integer most(Integer a, Integer b) { return a > b ? a : b; }

static void fail(Run *run, enum Fault fault)
{
    if (!run->fault) run->fault = fault;
    run->over = 1;
}

/* -- draws -------------------------------------------------------------------------------------------------------- */

/* Philox4x32-10 (Salmon et al. 2011): the words of a key, whatever has been drawn before. Both products of a round are
   made at once. */
INLINE Words philox(const Run *run, Integer number, Integer name, Integer visit)
{
    const Products factors = {0xD2511F53, 0xCD9E8D57};
    Words words = {(uint32_t)number, 0, (uint32_t)visit, 0}, others = {(uint32_t)name, 0, 0, 0};
    for (int round = 0; round < ROUNDS; round++) {
        Products products = ((Products)words & 0xffffffff) * factors;
        others ^= run->keys[round];
        words = __builtin_shufflevector((Words)products, (Words)products, 3, 2, 1, 0);
        Words lower = (Words)((Products)words >> 32);
        words ^= others;
        others = lower;
    }
    return words;
}

/* Where a word lies in a table of quantiles: the knot before it, and how far it is to the next in units of
   2**-shift. The first and the last bin are cut finer. */
typedef struct { uint32_t knot, rest, shift; } Place;

static inline Place place_of(uint32_t word)
{
    uint32_t bin = word >> 22;
    if (bin - 1 < BINS - 2) return (Place){bin + FINE - 1, word & 0x3fffff, 22};
    return (Place){(bin ? FINE + BINS - 2 : 0) + (word >> 14 & (FINE - 1)), word & 0x3fff, 14};
}

static inline Integer between(Integer low, Integer high, Place p) { return low + ((high - low) * p.rest >> p.shift); }

static const int32_t *table_at(const Run *run, Integer table) { return run->tables + table * 2 * TABLE_WORDS; }

OUTLINE Integer drawn_at_end(const int32_t *quantiles, uint32_t word)
{
    Place p = place_of(word);
    return between(quantiles[p.knot], quantiles[p.knot + 1], p);
}

/* The quantile at a word, in units of 2**-20. */
INLINE Integer drawn(const int32_t *quantiles, uint32_t word)
{
    uint32_t bin = word >> 22;
    if (bin - 1 >= BINS - 2) return drawn_at_end(quantiles, word);
    return between(quantiles[bin + FINE - 1], quantiles[bin + FINE], (Place){0, word & 0x3fffff, 22});
}

/* The same from a table of values, which may be too wide for 32 bits. */
static inline Integer drawn_value(const Integer *quantiles, uint32_t word)
{
    Place p = place_of(word);
    return between(quantiles[p.knot], quantiles[p.knot + 1], p);
}

/* How many of the ascending thresholds lie at or below a number, `size` - 1 at most where that is asked for by `size`.
   */
static Integer count_below(const Integer *thresholds, Integer size, Integer number)
{
    Integer low = 0;
    while (size > 0) {
        Integer half = size / 2;
        if (thresholds[low + half] <= number) {
            low += half + 1;
            size -= half + 1;
        } else {
            size = half;
        }
    }
    return low;
}

/* -- working time and working days -------------------------------------------------------------------------------- */

/* A calendar at the present: its interval, or the next; FOREVER where none comes any more. */
INLINE const Hours *hours(const Run *run, Hours *h)
{
    while (h->closes <= run->now) {
        h->done += h->closes - h->opens;
        h->at++;
        h->opens = h->at < h->to ? run->opens[h->at] : FOREVER;
        h->closes = h->at < h->to ? run->closes[h->at] : FOREVER;
        h->next_opens = h->at + 1 < h->to ? run->opens[h->at + 1] : FOREVER;
        h->next_closes = h->at + 1 < h->to ? run->closes[h->at + 1] : FOREVER;
    }
    return h;
}

/* When the opening in which the present lies ends; 0 while closed. */
static inline Integer closing(const Run *run, const Hours *h) { return h->opens <= run->now ? h->closes : 0; }
static inline Integer next_change(const Run *run, const Hours *h)
{
    return h->opens <= run->now ? h->closes : h->opens;
}

/* Seconds of working time up to now. */
static inline Integer worked_now(const Run *run, const Hours *h) { return h->done + most(run->now - h->opens, 0); }

/* The same at any time. */
static Integer worked(const Run *run, Integer calendar, Integer time)
{
    const Calendar *c = run->calendars + calendar;
    Integer at = c->from + count_below(run->closes + c->from, c->to - c->from, time);
    if (at < c->to) return run->done[at] + most(time - run->opens[at], 0);
    return at == c->from ? 0 : run->done[at - 1] + run->closes[at - 1] - run->opens[at - 1];
}

/* When work that begins now, which is in an opening, is done. What is reached at closing time ends then. Nearly all is
   done in this opening or the next, and which of them cannot be guessed. */
INLINE Integer finish(const Run *run, const Hours *h, Integer effort)
{
    Integer rest = effort - (h->closes - run->now), next = h->next_opens + rest;
    if (next <= h->next_closes) return rest > 0 ? next : run->now + effort;
    Integer position = h->done + run->now - h->opens + effort, at = h->at, step = 1;
    while (at + step < h->to && run->done[at + step] < position) step *= 2;
    at += step / 2;
    at += count_below(run->done + at, least(h->at + step, h->to) - at, position - 1) - 1;
    Integer end = run->opens[at] + position - run->done[at];
    return end <= run->closes[at] ? end : FOREVER;
}

static Integer add_working_days(const Run *run, Integer time, Integer seconds)
{
    const Integer *working = section(run->image, WORKING), *ranks = section(run->image, RANKS);
    Integer days = seconds / DAY, rest = seconds % DAY, day = time / DAY, clock = time % DAY, at = ranks[day];
    if (!seconds) return time;
    if (!days && working[at] != day) {
        at++;
        clock = 0;
    }
    clock += rest;
    at += days + clock / DAY;
    return at < length(run->image, WORKING) ? working[at] * DAY + clock % DAY : FOREVER;
}

/* -- the wheel ---------------------------------------------------------------------------------------------------- */

static Case *case_at(const Run *run, int32_t record) { return (Case *)(run->records + (Integer)record * LINE); }

/* Which slot of the lowest level a time falls into, counted from time 0. */
INLINE uint32_t tick_of(const Run *run, Integer time) { return (uint32_t)time >> run->grain; }

/* A slot of a level holds tokens now. */
INLINE void fill(Run *run, int level, uint32_t slot)
{
    uint32_t word = slot / 64;
    run->levels[level].filled[word] |= (uint64_t)1 << slot % 64;
    run->words[level] |= (uint64_t)1 << word;
}

/* The first that did holds none any more, where that is so. */
INLINE void empty(Run *run, int level, uint32_t slot, int so)
{
    uint64_t *filled = run->levels[level].filled + slot / 64, left = *filled & (*filled - (uint64_t)so);
    *filled = left;
    run->words[level] &= run->words[level] - !left; /* the bit of the word, once it is empty */
}

/* The first slot of a level that holds any tokens; none lies before the present. */
INLINE uint32_t first_slot(const Run *run, int level)
{
    uint32_t word = (uint32_t)__builtin_ctzll(run->words[level]);
    return word * 64 + (uint32_t)__builtin_ctzll(run->levels[level].filled[word]);
}

/* Put a token into a slot of a level, in any order. */
INLINE void put(Run *run, int level, int32_t token, uint32_t tick)
{
    uint32_t slot = tick >> BITS * level & (SLOTS - 1);
    int32_t *first = run->levels[level].first + slot;
    run->links[token].next = *first;
    *first = token;
    fill(run, level, slot);
}

/* Put it into one of the lowest, behind all that are due before. */
INLINE void place(Run *run, int32_t token, uint32_t tick)
{
    Link *links = run->links;
    uint32_t slot = tick & (SLOTS - 1);
    int32_t *before = run->levels->first + slot, next = *before;
    while (next >= 0 && links[next].due < links[token].due) {
        before = &links[next].next;
        next = *before;
    }
    links[token].next = next;
    *before = token;
    fill(run, 0, slot);
}

/* See which token of the lowest level is due next, and when. */
INLINE void look_ahead(Run *run)
{
    run->due = FOREVER;
    if (!run->words[0]) return;
    run->slot = first_slot(run, 0);
    run->soonest = run->levels->first[run->slot];
    run->due = run->links[run->soonest].due;
    __builtin_prefetch(run->tokens + run->soonest);
}

/* Let a token rest until a time; what lies beyond the horizon never comes. */
INLINE void schedule(Run *run, int32_t token, Integer due)
{
    if (due >= run->horizon) return;
    uint32_t tick = tick_of(run, due), apart = tick ^ run->present;
    run->links[token].due = (int32_t)due;
    if (apart < SLOTS) {
        place(run, token, tick);
        if (due <= run->due) look_ahead(run);
    } else if (apart < SLOTS * SLOTS) {
        put(run, 1, token, tick);
    } else {
        put(run, 2, token, tick);
    }
}

/* A token comes down, for its time is near: fetch what will be looked at. */
INLINE void fetch(const Run *run, int32_t token)
{
    const Integer *record = (const Integer *)case_at(run, run->links[token].record);
    __builtin_prefetch(run->tokens + token);
    __builtin_prefetch(record);
    __builtin_prefetch(record + LINE);
    __builtin_prefetch(record + 2 * LINE);
}

/* The present reaches the first slot of a level, if it is in time: its tokens come down by a level. */
INLINE int bring_down(Run *run, int level, uint32_t until)
{
    uint32_t slot = first_slot(run, level), above = BITS * (level + 1);
    uint32_t begins = (uint32_t)((uint64_t)run->present >> above << above) | slot << BITS * level;
    if (begins > until) return 0;
    run->present = begins;
    int32_t token = run->levels[level].first[slot];
    run->levels[level].first[slot] = -1;
    empty(run, level, slot, 1);
    for (int32_t next; token >= 0; token = next) {
        next = run->links[token].next;
        uint32_t tick = tick_of(run, run->links[token].due);
        if (run->large) fetch(run, token);
        if (level == 1) place(run, token, tick);
        else put(run, 1, token, tick);
    }
    return 1;
}

/* The lowest level is empty: what is due until a time comes down to it. */
INLINE void come_down(Run *run, Integer until)
{
    uint32_t last = tick_of(run, until);
    while (!run->words[0]) {
        if (run->words[1] ? bring_down(run, 1, last) : run->words[2] && bring_down(run, 2, last)) continue;
        run->present = last;
        return;
    }
    look_ahead(run);
}

/* The present moves to the next instant, at which at the latest something is expected. */
INLINE void proceed_to_next(Run *run)
{
    if (run->due == FOREVER) come_down(run, run->expected);
    run->now = least(run->due, run->expected);
}

/* Take the token that is due. Looks ahead at once, so that the next is known in time. */
INLINE int32_t take_soonest(Run *run)
{
    int32_t token = run->soonest, next = run->links[token].next;
    run->levels->first[run->slot] = next;
    empty(run, 0, run->slot, next < 0);
    look_ahead(run);
    return token;
}

/* -- cases and tokens --------------------------------------------------------------------------------------------- */

static uint16_t *visits_of(Case *c, const Step *step) { return (uint16_t *)c + step->visits_at; }
static uint32_t *sums_of(const Run *run, Case *c) { return (uint32_t *)((Integer *)c + run->sums_at); }
static uint32_t *labour_of(const Run *run, Case *c) { return (uint32_t *)((Integer *)c + run->labour_at); }
static Outcome *outcome_of(const Run *run, Case *c) { return (Outcome *)((Integer *)c + run->outcome_at); }
static int32_t *marks_of(const Run *run, Case *c) { return (int32_t *)((Integer *)c + run->marks_at); }

static int in_cohort(const Run *run, Integer arrival)
{
    return arrival >= run->cohort_from && arrival < run->cohort_to;
}

/* A new token of a case that goes on from a node at this instant. */
static void let_go(Run *run, int32_t record, Integer node)
{
    int32_t token = run->free_token;
    if (token >= 0) run->free_token = run->links[token].next;
    else if (run->used_tokens < run->most_tokens) token = run->used_tokens++;
    else {
        fail(run, BAD_PLAN); /* more side by side than the plan says */
        return;
    }
    Token *t = run->tokens + token;
    run->links[token].record = record;
    t->node = (int32_t)node;
    run->links[token].next = run->ready;
    run->ready = token;
    case_at(run, record)->tokens++;
}

static void drop(Run *run, int32_t token)
{
    case_at(run, run->links[token].record)->tokens--;
    run->links[token].next = run->free_token;
    run->free_token = token;
}

/* Add up how long a case was open within the cohort's time, within its first quarter, and within its last. */
static void count_in_hand(Run *run, Integer arrival, Integer ended)
{
    Integer from = run->numbers->cohort_from, to = run->numbers->cohort_to, quarter = (to - from) / 4;
    Integer until = ended < 0 ? to : ended, *in_hand = run->report->in_hand;
    in_hand[0] += most(least(until, to) - most(arrival, from), 0);
    in_hand[1] += most(least(until, from + quarter) - most(arrival, from), 0);
    in_hand[2] += most(least(until, to) - most(arrival, to - quarter), 0);
}

/* The row of a case, each cell so many words behind the one before; returns where the next one would be. */
static Integer *write_cells(const Run *run, Case *c, Integer *to, Integer next)
{
    const Outcome *o = outcome_of(run, c);
    const uint32_t *labour = labour_of(run, c);
    const int32_t *marks = marks_of(run, c);
    const Integer row[ROW] = {
        c->steps, c->recorded, c->online, o->window, o->rounds, o->bids, o->valid_bids, o->all_bids, o->price,
        o->winner, o->moved, o->bidder_seconds, o->status, o->ended, o->arrival, o->kind, o->value, o->part, o->variant,
    };
    for (int column = 0; column < ROW; column++, to += next) *to = row[column];
    for (int cause = 0; cause < CAUSES; cause++, to += next) *to = o->waits[cause];
    for (Integer mark = 0; mark < run->numbers->marks; mark++, to += next) *to = marks[mark];
    for (Integer role = 0; role < run->roles; role++, to += next) *to = labour[role];
    return to;
}

/* A case ends, or the run does: write its row. Where many are in hand it goes past the caches, which are full of them,
   for nobody reads it soon. */
static void write_row(Run *run, Case *c)
{
    const Outcome *o = outcome_of(run, c);
    count_in_hand(run, o->arrival, o->ended);
    if (!c->counted) return;
    Integer *to = run->table + (c->number - run->report->first) * run->limits.next_row, next = run->limits.next_column;
    if (!run->large) {
        write_cells(run, c, to, next);
        return;
    }
    const Integer *end = write_cells(run, c, run->row, 1);
    for (const Integer *cell = run->row; cell < end; cell++, to += next) WRITE_PAST(*cell, to);
}

/* The run is over once no case of the cohort is open or to come, or at the horizon. */
static void see_whether_over(Run *run)
{
    run->over = run->fault || !(run->open_cohort || run->next_arrival < run->cohort_to) || run->now >= run->horizon;
}

static void end_case(Run *run, int32_t token, Case *c, Integer status)
{
    int32_t record = run->links[token].record;
    Outcome *o = outcome_of(run, c);
    drop(run, token);
    if (c->tokens) fail(run, BAD_PLAN); /* an end between a parallel and its join */
    o->status = (int32_t)status;
    o->ended = (int32_t)run->now;
    run->open_cohort -= in_cohort(run, o->arrival);
    see_whether_over(run);
    write_row(run, c);
    o->next = (int32_t)run->free_record;
    run->free_record = record;
}

/* -- arrivals ----------------------------------------------------------------------------------------------------- */

static Integer part_of(const Run *run, Integer routing, Integer value, uint32_t word)
{
    if (routing < 0) return 0;
    const Routing *r = (const Routing *)section(run->image, ROUTINGS) + routing;
    Integer parts = run->numbers->parts, band = count_below(run->lists + r->bounds, r->bands, value);
    return least(count_below(run->lists + r->thresholds + band * parts, parts, word), parts - 1);
}

/* When the next case (or outage) of a law comes, and its words; FOREVER where none does any more. */
static Integer next_time(const Run *run, const Law *law, Arrival *a, Words *words)
{
    if (a->next >= law->many) return FOREVER;
    *words = philox(run, a->next, law->key, 0);
    if (law->times >= 0) return run->lists[law->times + a->next];
    const Integer *reached = run->lists + law->reached;
    a->position += drawn(table_at(run, run->numbers->exponential), (*words)[GAP]) * (law->gap >> 8) >> (ONE - 8);
    if (a->position >= reached[law->pieces]) return FOREVER;
    while (reached[a->piece + 1] <= a->position) a->piece++;
    return run->lists[law->opens + a->piece] + (a->position - reached[a->piece]) / run->lists[law->weights + a->piece];
}

/* Draw the next case of a class: when it comes, of what value, by which method, ready for which modules. */
static void draw_arrival(Run *run, Integer kind)
{
    const Law *law = run->laws + kind;
    const Integer *shares = section(run->image, SHARES), variants = length(run->image, SHARES);
    Arrival *a = run->arrivals + kind;
    Words w;
    Integer before = a->time;
    a->time = next_time(run, law, a, &w);
    if (a->time == FOREVER) return;
    if (a->time < before) fail(run, BAD_PLAN); /* listed times must ascend */
    a->value = drawn_value(run->lists + law->quantiles, w[VALUE]) * law->value >> ONE;
    if (law->values >= 0 && run->lists[law->values + a->next] >= 0) a->value = run->lists[law->values + a->next];
    Integer method = law->methods >= 0 ? run->lists[law->methods + a->next] : -1;
    a->part = part_of(run, method >= 0 ? law->method_routing + method : law->routing, a->value, w[ROUTE]);
    a->own_window = law->windows >= 0 ? run->lists[law->windows + a->next] : -1;
    a->variant = 0;
    while (a->variant + 1 < variants && w[READINESS] < shares[a->variant + 1]) a->variant++;
    a->next++;
}

/* A word of memory that other types lie in: a compiler may not reorder what touches it. */
typedef Integer __attribute__((may_alias)) Word;

static void clear(Word *words, Integer number, Integer value)
{
    for (Integer word = 0; word < number; word++) words[word] = value;
}

/* A record for a case, empty; -1 where no more cases can be in hand. */
static int32_t new_record(Run *run)
{
    int32_t record = run->free_record;
    if (record >= 0) run->free_record = outcome_of(run, case_at(run, record))->next;
    else if (run->used_records < run->limits.hands) record = (int32_t)(run->used_records++ * run->record_words / LINE);
    else {
        fail(run, HANDS_FULL);
        return -1;
    }
    clear((Word *)case_at(run, record), run->record_words, 0);
    return record;
}

/* The next case of a class comes in. */
static void admit(Run *run, Integer kind)
{
    const Numbers *n = run->numbers;
    const Arrival *a = run->arrivals + kind;
    int in = in_cohort(run, a->time);
    Integer number = run->report->cases++;
    int32_t record = new_record(run);
    if (record < 0) return;
    if (number >= n->most_cases) fail(run, TOO_MANY_CASES);
    Case *c = case_at(run, record);
    Outcome *o = outcome_of(run, c);
    if (run->report->first < 0 && (in || run->limits.log)) run->report->first = number;
    c->number = (int32_t)number;
    c->counted = in || run->limits.log;
    c->priority = (int16_t)run->laws[kind].priority;
    c->contract = -1;
    o->own_window = (int32_t)a->own_window;
    o->kind = (int32_t)kind;
    o->part = (int32_t)a->part;
    o->variant = (int32_t)a->variant;
    o->closed = o->window = o->price = o->winner = o->ended = -1;
    o->status = OPEN;
    o->arrival = (int32_t)a->time;
    o->value = a->value;
    for (Integer mark = 0; mark < n->marks; mark++) marks_of(run, c)[mark] = -1;
    run->open_cohort += in;
    if (c->counted && ++run->report->rows > run->limits.table) {
        c->counted = 0;
        fail(run, TABLE_FULL);
    }
    let_go(run, record, a->variant * n->nodes + section(run->image, STARTS)[a->variant * n->parts + a->part]);
    draw_arrival(run, kind);
}

/* -- people ------------------------------------------------------------------------------------------------------- */

/* The lowest free number of a role, from now on busy; only a log asks who it is. */
static inline int32_t take(Run *run, Integer role)
{
    Integer word = run->lowest[role];
    while (!~run->busy_people[word]) word++;
    int bit = __builtin_ctzll(~run->busy_people[word]);
    run->busy_people[word] |= (uint64_t)1 << bit;
    run->lowest[role] = word;
    return (int32_t)(word * 64 + bit);
}

static void give_back(Run *run, Integer role, int32_t person)
{
    run->busy_people[person / 64] &= ~((uint64_t)1 << person % 64);
    run->lowest[role] = least(run->lowest[role], person / 64);
}

static void take_people(Run *run, int32_t token, const Desk *desk)
{
    int32_t *link = run->first_person + token;
    for (const Staff *s = desk->staff; s < desk->staff_end; s++)
        for (Integer head = 0; head < s->heads; head++) {
            *link = take(run, s->role);
            link = run->next_person + *link;
        }
    *link = -1;
}

/* -- the log ------------------------------------------------------------------------------------------------------ */

/* A line of the log: a task or timer is over. Columns lie one after the other, as many rows each as the log may have.
   */
static void write_log(Run *run, const Token *t, Integer number, Integer role, Integer resource)
{
    Integer row = run->report->log_rows, all = run->limits.log;
    if (row == all) {
        fail(run, LOG_FULL);
        return;
    }
    int timer = role < 0;
    int32_t *at = run->log + row;
    at[0] = (int32_t)number;
    at[all] = t->node % (int32_t)run->numbers->nodes;
    at[2 * all] = (int32_t)role;
    at[3 * all] = (int32_t)resource;
    at[4 * all] = t->visit;
    at[5 * all] = t->released;
    at[6 * all] = t->released + (timer ? 0 : t->spent[HANDOVER]);
    at[7 * all] = t->start;
    at[8 * all] = (int32_t)run->now;
    at[9 * all] = timer ? 0 : t->spent[WORK];
    run->report->log_rows++;
}

/* The people on a task are free again; the first leads it and stands in its line, the others have lines of their own.
   */
static void write_people(Run *run, int32_t token, Integer number, const Desk *desk)
{
    const Token *t = run->tokens + token;
    int32_t person = run->first_person[token], lead = person;
    for (const Staff *s = desk->staff; s < desk->staff_end; s++)
        for (Integer head = 0; head < s->heads; head++) {
            Integer resource = person - run->people_from[s->role], row = run->report->people_rows,
                    all = run->limits.people;
            if (person == lead) write_log(run, t, number, s->role, resource);
            else if (row == all) fail(run, PEOPLE_FULL);
            else {
                int32_t *to = run->people_log + row;
                to[0] = (int32_t)number;
                to[all] = t->node % (int32_t)run->numbers->nodes;
                to[2 * all] = t->visit;
                to[3 * all] = (int32_t)s->role;
                to[4 * all] = (int32_t)resource;
                run->report->people_rows++;
            }
            give_back(run, s->role, person);
            person = run->next_person[person];
        }
}

/* -- queues and assignment ---------------------------------------------------------------------------------------- */

/* The order of service among tasks of one priority: by when they were enabled, then case, then node. */
static int comes_first(const Run *run, int32_t token, int32_t other)
{
    const Link *l = run->links + token, *o = run->links + other;
    if (l->due != o->due) return l->due < o->due;
    Integer mine = case_at(run, l->record)->number, theirs = case_at(run, o->record)->number;
    return mine != theirs ? mine < theirs : run->tokens[token].node < run->tokens[other].node;
}

/* Have a team looked at before the instant is over, where that is so; without a branch, which would often be guessed
   wrong. */
INLINE void unsettle(Run *run, Crew *crew, int so)
{
    so &= !crew->unsettled;
    run->unsettled[run->unsettled_count] = crew;
    run->unsettled_count += so;
    crew->unsettled += so;
}

/* The task of a token is enabled: it joins the queue of its demand, nearly always at the end. Where nobody is free to
   lead it, whoever gets free will look at it. */
INLINE void request(Run *run, int32_t token, Token *t, const Step *step)
{
    Link *links = run->links;
    const Desk *desk = step->desk;
    int32_t queue = desk->queues + t->priority, before = links[queue].previous;
    Integer mean = step->fixed, now = run->now;
    if (step->by_bids) {
        const Outcome *o = outcome_of(run, case_at(run, links[token].record));
        mean += step->plan->per_bid * o->bids + step->plan->per_valid_bid * o->valid_bids;
        if (mean > MOST_SECONDS) {
            fail(run, TOO_MANY_SECONDS);
            mean = MOST_SECONDS;
        }
    }
    t->spent[WORK] = (int32_t)most(least(mean * t->spent[WORK] >> ONE, MOST_SECONDS), 1); /* the longest never ends */
    t->spent[HANDOVER] = (int32_t)now - t->released;
    t->spent[QUEUE] = (int32_t)worked_now(run, hours(run, desk->hours));
    links[token].due = (int32_t)now;
    while (links[before].due == now && comes_first(run, token, before)) before = links[before].previous;
    int32_t next = links[before].next;
    links[token].previous = before;
    links[token].next = next;
    links[before].next = links[next].previous = token;
    desk->crew->waiting++;
    unsettle(run, desk->crew, (*desk->free > 0) & (now >= desk->crew->shut));
}

/* A task begins, for which people have been taken: it leaves its queue. */
INLINE void start(Run *run, int32_t token, const Desk *desk)
{
    Token *t = run->tokens + token;
    Link *links = run->links;
    const Hours *h = desk->hours;
    int32_t next = links[token].next, previous = links[token].previous;
    links[previous].next = next;
    links[next].previous = previous;
    desk->crew->waiting--;
    if (run->limits.log) take_people(run, token, desk);
    Integer effort = t->spent[WORK], on_duty = h->done + run->now - h->opens - t->spent[QUEUE];
    Integer due = finish(run, h, effort);
    t->start = (int32_t)run->now;
    t->spent[QUEUE] = (int32_t)on_duty;
    t->spent[CLOSED] = (int32_t)(due - links[token].due - effort - on_duty);
    schedule(run, token, due);
}

/* Whether what comes later of a demand can neither begin nor claim anybody. */
static inline int exhausted(const Run *run, const Desk *desk)
{
    int limited = 0;
    for (const Staff *s = desk->staff; s < desk->staff_end; s++) {
        if (run->heads[s->role] == INFINITE) continue;
        if (run->unclaimed[s->role] > 0) return 0;
        limited = 1;
    }
    return limited;
}

/* Look at the task whose turn it is: it starts, claims the free people it needs, or is passed over. Returns when its
   claim lapses, for it no longer fits into the sitting. */
static inline Integer consider(Run *run, int32_t token, const Desk *desk)
{
    const Hours *h = desk->hours;
    Integer effort = run->tokens[token].spent[WORK];
    int starts = 1;
    if (desk->whole && effort > h->closes - run->now) return FOREVER;
    for (const Staff *s = desk->staff; s < desk->staff_end; s++) {
        starts &= run->unclaimed[s->role] >= s->heads;
        run->unclaimed[s->role] -= s->heads;
    }
    if (!starts) return desk->whole ? h->closes - effort + 1 : FOREVER;
    for (const Staff *s = desk->staff; s < desk->staff_end; s++) run->free[s->role] -= s->heads;
    start(run, token, desk);
    return FOREVER;
}

/* Serve a queue of a demand of one role that is alone in its team, up to closing time: first come, first served, and
   the first claims whoever is free. Returns when its claim lapses. */
INLINE Integer serve(Run *run, const Desk *desk, int32_t queue, Integer closes)
{
    int32_t token = run->links[queue].next;
    while (token != queue && *desk->free > 0) {
        const Token *t = run->tokens + token;
        int32_t next = run->links[token].next;
        __builtin_prefetch(run->tokens + next);
        if (!desk->whole || t->spent[WORK] <= closes - run->now) {
            if (*desk->free < desk->heads) return desk->whole ? closes - t->spent[WORK] + 1 : FOREVER;
            *desk->free -= desk->heads;
            start(run, token, desk);
        }
        token = next;
    }
    return FOREVER;
}

/* Serve the queues of such a demand; returns when to look again. */
INLINE Integer serve_all(Run *run, const Desk *desk)
{
    const Hours *h = hours(run, desk->hours);
    Integer closes = closing(run, h), again = FOREVER;
    if (!closes) desk->crew->shut = h->opens; /* until then, whoever comes need only wait */
    else
        for (int32_t queue = desk->queues; queue < desk->queues_end; queue++)
            again = least(again, serve(run, desk, queue, closes));
    return desk->crew->waiting ? least(again, next_change(run, h)) : FOREVER;
}

/* Serve the queues of one priority of a team's demands, merged; returns when to look again. */
static Integer merge(Run *run, const Team *team, Integer priority)
{
    Integer number = 0, again = FOREVER;
    for (Integer demand = team->demand_from; demand < team->demand_to; demand++) {
        int32_t queue = run->desks[demand].queues + (int32_t)priority;
        run->cursors[demand] = run->links[queue].next;
        if (run->cursors[demand] == queue) continue;
        const Hours *h = hours(run, run->desks[demand].hours);
        again = least(again, next_change(run, h));
        if (closing(run, h)) run->merging[number++] = demand;
    }
    while (number) {
        Integer at = 0;
        for (Integer other = 1; other < number; other++)
            if (comes_first(run, (int32_t)run->cursors[run->merging[other]], (int32_t)run->cursors[run->merging[at]]))
                at = other;
        Integer demand = run->merging[at];
        const Desk *desk = run->desks + demand;
        int32_t token = (int32_t)run->cursors[demand];
        if (exhausted(run, desk)) {
            run->merging[at] = run->merging[--number];
            continue;
        }
        run->cursors[demand] = run->links[token].next;
        again = least(again, consider(run, token, desk));
        if (run->cursors[demand] == desk->queues + priority) run->merging[at] = run->merging[--number];
    }
    return again;
}

/* Serve the queues of all a team's demands, in the order of priorities; returns when to look again. */
OUTLINE Integer merge_all(Run *run, const Team *team)
{
    const Integer *roles = section(run->image, TEAM_ROLES);
    Integer again = FOREVER;
    for (Integer at = team->role_from; at < team->role_to; at++) run->unclaimed[roles[at]] = run->free[roles[at]];
    for (Integer priority = 0; priority < run->numbers->priorities; priority++)
        again = least(again, merge(run, team, priority));
    return again;
}

/* Start what can start of a team's waiting tasks, and see when to look again. */
INLINE void assign(Run *run, Crew *crew)
{
    Integer again = crew->desk->simple ? serve_all(run, crew->desk) : merge_all(run, crew->team);
    crew->wake = again;
    run->next_wake = least(run->next_wake, again);
    run->expected = least(run->expected, again);
}

/* Assign every team whose time has come. */
static void wake(Run *run)
{
    run->next_wake = FOREVER;
    for (Crew *crew = run->crews; crew < run->crews + run->teams_count; crew++) {
        unsettle(run, crew, crew->wake == run->now && crew->waiting);
        if (crew->wake > run->now) run->next_wake = least(run->next_wake, crew->wake);
    }
}

/* -- bidding ------------------------------------------------------------------------------------------------------ */

/* When a step ends that waits for working days or bids: a case's own window counts, and an outage of the portal moves
   the deadline. */
OUTLINE Integer deadline(Run *run, Case *c, const Node *node, Integer wait)
{
    const Integer *starts = run->outages, *ends = starts + run->outages_count, *latest = ends + run->outages_count;
    Integer due = node->wait_working ? add_working_days(run, run->now, wait) : run->now + wait;
    if (node->kind != BIDDING) return due;
    Outcome *o = outcome_of(run, c);
    if (o->own_window >= 0) due = run->now + (o->own_window * node->stretch >> ONE);
    if (!node->portal) return due;
    for (Integer at = count_below(latest, run->outages_count, due); at < run->outages_count && starts[at] <= due; at++)
        if (due < ends[at]) {
            due = ends[at] + run->numbers->extension;
            o->moved++;
        }
    return due;
}

/* The price at a word, in millionths of the estimate. */
static Integer price_of(const Integer *prices, Integer bids, uint32_t word)
{
    const Integer *at = prices + bids * PRICES + (word >> 22);
    return at[0] + ((at[1] - at[0]) * (Integer)(word & 0x3fffff) >> 22);
}

/* A place on the grid of counts, from a row of thresholds. */
static Integer counted(const Integer *rows, Integer row, Integer size, uint32_t word)
{
    return least(count_below(rows + row * size, size, word), size - 1);
}

/* The bids of a round: everyone aware, of whom some are reached, of whom some bid, of whom some bid well. */
static void receive(Run *run, Case *c, const Node *node)
{
    const Market *m = (const Market *)section(run->image, MARKETS) + node->market;
    const Integer *lists = run->lists, size = m->size;
    Outcome *o = outcome_of(run, c);
    Words supplier = philox(run, c->number, run->numbers->suppliers_key, o->rounds);
    Words price = philox(run, c->number, run->numbers->price_key, o->rounds);
    Integer band = count_below(lists + m->edges, m->bands - 1, o->value);
    Integer aware = least(1 + count_below(lists + m->aware, size - 1, supplier[AWARE]), size - 1);
    Integer reached = counted(lists + m->reached, aware, size, supplier[REACHED]);
    Integer free = counted(lists + m->bids, band * size + reached, size, supplier[BIDS]);
    int captured = free > 0 && price[CAPTURE] < m->ring_below;
    Integer valid = captured ? m->ring_row : counted(lists + m->valid, free, size, supplier[VALID]);
    Integer fair = price_of(lists + m->price, free, price[LEVEL]);
    o->rounds++;
    o->closed = (int32_t)run->now;
    o->bids = (int32_t)(captured ? m->ring_bids : lists[m->counts + free]);
    o->valid_bids = (int32_t)lists[m->counts + valid];
    o->paid = (int32_t)(captured ? m->ring_paid : o->bids);
    o->price = (int32_t)(free > 0 ? captured ? m->ring_price : fair : -1);
    o->winner = (int32_t)(valid > 0 ? counted(lists + m->winner, valid, m->firms, price[WINNER]) : -1);
    o->all_bids += o->bids;
}

/* -- the walk of a token ------------------------------------------------------------------------------------------ */

/* How often the case has been at a node before, this time counting. */
INLINE Integer visit(Run *run, Case *c, const Step *step)
{
    uint16_t *visits = visits_of(c, step), before = *visits;
    if (before == MOST_VISITS) fail(run, TOO_MANY_VISITS);
    *visits = (uint16_t)(before + step->again);
    return before;
}

/* The words of the next visit to a step, where any are needed. */
INLINE Words words_of(const Run *run, Case *c, const Step *step)
{
    Words words = {0};
    if (step->chance) words = philox(run, c->number, step->key, *visits_of(c, step));
    return words;
}

/* What a choice looks at. */
static Integer looked_at(const Run *run, Case *c, const Node *node, uint32_t word)
{
    const Outcome *o = outcome_of(run, c);
    switch (node->by) {
    case BY_BIDS: return o->bids;
    case BY_VALID_BIDS: return o->valid_bids;
    case BY_VALUE: return o->value;
    case BY_DAYS_SINCE_BIDS: return run->now - o->closed;
    default: return word;
    }
}

/* The bound of a branch that each of the losing bids may take by its chance; one beyond all chances stays as it is. */
OUTLINE Integer bound_by_losers(const Run *run, Case *c, Integer chance)
{
    Integer chances = length(run->image, LOSING) / (MOST_LOSING + 1);
    if (chance >= chances) return chance;
    Integer losers = least(most(outcome_of(run, c)->bids - 1, 0), MOST_LOSING);
    return section(run->image, LOSING)[chance * (MOST_LOSING + 1) + losers];
}

/* The first branch whose bound exceeds the word, or the number looked at. */
static Integer choose(Run *run, Case *c, const Step *step, uint32_t word)
{
    const Node *node = step->plan;
    Integer visits = visit(run, c, step), number = looked_at(run, c, node, word);
    for (Integer at = node->branch_from; at < node->branch_to; at++) {
        const Branch *branch = run->branches + at;
        Integer bound = branch->bound;
        if (node->by == BY_LOSING_BIDS) bound = bound_by_losers(run, c, bound);
        if (number < bound) return visits + 1 < branch->at_most ? branch->to : branch->then;
    }
    fail(run, BAD_PLAN); /* the last branch takes what the others leave */
    return 0;
}

/* The working seconds of a task that fall into the time of the cohort. */
INLINE Integer within_cohort(const Run *run, const Token *t, const Step *step)
{
    Integer from = run->cohort_from, to = run->cohort_to;
    if (t->start >= from && run->now <= to) return t->spent[WORK];
    if (t->start >= to || run->now <= from) return 0;
    Integer calendar = run->demands[step->plan->demand].calendar;
    return worked(run, calendar, least(run->now, to)) - worked(run, calendar, most(t->start, from));
}

/* The case has just passed the marks of a node. */
static void mark(Run *run, Case *c, Integer marks)
{
    if (run->numbers->contract >= 0 && marks >> run->numbers->contract & 1) c->contract = (int32_t)run->now;
    for (; marks; marks &= marks - 1) marks_of(run, c)[__builtin_ctzll((uint64_t)marks)] = (int32_t)run->now;
}

/* The contract is signed at this second: what led to it counts, with all that had been counted before. */
static void count_waits(Run *run, Case *c)
{
    Outcome *o = outcome_of(run, c);
    uint32_t *sums = sums_of(run, c);
    Integer cells = run->numbers->stages * CAUSES, in = in_cohort(run, o->arrival);
    for (Integer cell = 0; cell < cells; cell++) {
        o->waits[cell % CAUSES] += sums[cell];
        run->stages[cell] += in * sums[cell];
        sums[cell] = 0;
    }
}

/* Add up where the time of the case went. */
INLINE void account(Run *run, const Token *t, Case *c, const Step *step)
{
    uint32_t *sums = sums_of(run, c) + step->cell;
    c->steps++;
    c->recorded += step->recorded;
    c->online += step->portal;
    if (step->kind == TASK) {
        Sums before = *(Sums *)sums, after = before + *(const Sums *)t->spent;
        Products over = (Products)(after < before);
        *(Sums *)sums = after;
        if (over[0] | over[1]) fail(run, TOO_MANY_SECONDS);
    } else if (__builtin_add_overflow(*sums, (uint32_t)run->now - (uint32_t)t->released, sums)) {
        fail(run, TOO_MANY_SECONDS);
    }
}

/* What few steps entail: marks, bids, and seconds of bidders. */
OUTLINE void entail(Run *run, const Token *t, Case *c, const Node *node)
{
    Outcome *o = outcome_of(run, c);
    if (c->counted && node->kind == BIDDING) o->window = (int32_t)run->now - t->released;
    if (c->counted && node->marks) mark(run, c, node->marks);
    if (node->kind == BIDDING) receive(run, c, node);
    if (o->bids && node->bidder | node->winner) {
        o->bidder_seconds += node->bidder * o->paid + node->winner;
        if (o->bidder_seconds > MOST) fail(run, TOO_MANY_SECONDS);
    }
}

/* A task or timer is over. */
INLINE void complete(Run *run, int32_t token, Token *t, Case *c, const Step *step)
{
    if (step->kind == TASK) {
        const Desk *desk = step->desk;
        Integer seconds = within_cohort(run, t, step), effort = t->spent[WORK];
        Integer *free = run->free, *busy = run->busy, over = 0;
        uint32_t *labour = labour_of(run, c);
        const Staff *s = desk->staff, *end = desk->staff_end;
        do {
            Integer role = s->role, heads = s->heads;
            free[role] += heads;
            busy[role] += seconds * heads;
            Integer sum = labour[role] + effort * heads;
            labour[role] = (uint32_t)sum;
            over |= sum >> 32;
        } while (++s < end);
        if (over) fail(run, TOO_MANY_SECONDS);
        unsettle(run, desk->crew, desk->crew->waiting > 0);
        if (run->limits.log) write_people(run, token, c->number, desk);
    } else if (run->limits.log) {
        write_log(run, t, c->number, -1, -1);
    }
    account(run, t, c, step);
    if (step->entails) entail(run, t, c, step->plan);
    if (c->contract == run->now) count_waits(run, c);
}

/* A token comes to a step, which takes time; true if that is no time at all. */
INLINE int begin(Run *run, int32_t token, Token *t, Case *c, const Step *step, Words words)
{
    Integer wait = step->wait, factor = 1 << ONE, now = run->now, due;
    t->visit = (uint16_t)visit(run, c, step);
    t->priority = (uint16_t)c->priority;
    if (step->chance) {
        if (wait) wait = drawn(step->wait_table, words[WAIT]) * wait >> ONE;
        factor = drawn(step->effort_table, words[EFFORT]);
    }
    due = step->by_days ? deadline(run, c, step->plan, wait) : now + wait;
    t->words = words_of(run, c, run->steps + step->next);
    t->released = (int32_t)now;
    t->start = step->kind == TASK ? -1 : (int32_t)now;
    t->spent[WORK] = (int32_t)factor;
    if (due > now) schedule(run, token, due);
    else if (step->kind == TASK) request(run, token, t, step);
    else {
        complete(run, token, t, c, step);
        return 1;
    }
    return 0;
}

/* A token goes on from a node until it has something to wait for. */
INLINE void go_on(Run *run, int32_t token, Token *t, Case *c, Words words)
{
    for (;;) {
        const Step *step = run->steps + t->node;
        const Node *node = step->plan;
        if (step->kind <= BIDDING && step->kind >= 0) {
            if (!begin(run, token, t, c, step, words)) return;
            t->node = step->next;
        } else if (step->kind == EXCLUSIVE) {
            t->node = (int32_t)choose(run, c, step, words[BRANCH]);
        } else if (step->kind == PARALLEL) {
            for (Integer at = node->branch_from + 1; at < node->branch_to; at++)
                let_go(run, run->links[token].record, run->branches[at].to);
            t->node = (int32_t)run->branches[node->branch_from].to;
        } else if (step->kind == JOIN) {
            if (visit(run, c, step) + 1 < node->branch_to - node->branch_from) {
                drop(run, token);
                return;
            }
            *visits_of(c, step) = 0;
            t->node = step->next;
        } else if (step->kind == END) {
            end_case(run, token, c, node->status);
            return;
        } else {
            fail(run, BAD_PLAN); /* a way leads to a node that the variant does not have */
        }
        if (++run->passes > MOST_PASSES) fail(run, ENDLESS);
        if (run->fault) return;
        words = words_of(run, c, run->steps + t->node);
    }
}

/* All that follows at this instant from one thing that happened. */
INLINE void follow(Run *run)
{
    while (run->ready >= 0 && !run->fault) {
        int32_t token = run->ready;
        run->ready = run->links[token].next;
        Token *t = run->tokens + token;
        Case *c = case_at(run, run->links[token].record);
        go_on(run, token, t, c, words_of(run, c, run->steps + t->node));
    }
}

/* What a token rested for is over. */
INLINE void rouse(Run *run, int32_t token)
{
    Token *t = run->tokens + token;
    const Step *step = run->steps + t->node;
    if (t->start < 0) { /* it was the hand-over */
        request(run, token, t, step);
        return;
    }
    Case *c = case_at(run, run->links[token].record);
    KEEP(c);
    Words words = t->words;
    complete(run, token, t, c, step);
    t->node = step->next;
    run->passes = 0;
    go_on(run, token, t, c, words);
    follow(run);
}

/* Let every case in that comes now, and see when the next one does. */
OUTLINE void let_in(Run *run)
{
    Integer next = FOREVER;
    for (Integer kind = 0; kind < run->laws_count; kind++) {
        while (run->arrivals[kind].time == run->now && !run->fault) {
            run->passes = 0;
            admit(run, kind);
            follow(run);
        }
        next = least(next, run->arrivals[kind].time);
    }
    run->next_arrival = next;
}

/* What was expected at this instant comes: cases, or the hours of a team; nothing does at the horizon. */
OUTLINE void meet(Run *run)
{
    if (run->now < run->horizon && run->next_arrival == run->now) let_in(run);
    if (run->now < run->horizon && run->next_wake == run->now) wake(run);
    see_whether_over(run);
    run->expected = least(least(run->next_arrival, run->next_wake), run->horizon);
}

/* All that happens at the present instant. */
INLINE void settle(Run *run)
{
    if (run->now == run->expected) meet(run);
    while (run->due == run->now) rouse(run, take_soonest(run));
    if (!run->unsettled_count) return;
    for (Integer at = 0; at < run->unsettled_count; at++) {
        run->unsettled[at]->unsettled = 0;
        assign(run, run->unsettled[at]);
    }
    run->unsettled_count = 0;
}

#ifndef FENCED
/* The next line; tests/kernel/fuzz.c leaves a gap that it guards. */
#define FENCED(end) (((end) + LINE - 1) / LINE * LINE)
#endif

/* The next piece of the arena, on a line of its own. */
static Integer *piece(Run *run, Integer words)
{
    Integer *here = run->arena + run->taken;
    run->taken = FENCED(run->taken + words);
    return here;
}

/* Whether all pieces so far fit into the arena; the report says how much is needed. */
static int fits(Run *run, Integer room)
{
    run->report->needed = run->taken;
    if (run->taken > room) fail(run, NO_ROOM);
    return !run->fault;
}

static void set_up_desk(Run *run, Integer number)
{
    const Demand *d = run->demands + number;
    run->desks[number] = (Desk){
        .crew = run->crews + d->team,
        .hours = run->hours + d->calendar,
        .free = run->free + run->staff[d->staff_from].role,
        .staff = run->staff + d->staff_from,
        .staff_end = run->staff + d->staff_to,
        .whole = d->whole != 0,
        .simple = d->simple != 0,
        .heads = (int32_t)d->heads,
        .queues = run->most_tokens + (int32_t)(number * run->numbers->priorities),
        .queues_end = run->most_tokens + (int32_t)((number + 1) * run->numbers->priorities),
    };
}

static void set_up_step(Run *run, Integer number)
{
    const Node *n = run->nodes + number;
    run->steps[number] = (Step){
        .effort_table = table_at(run, n->effort_table),
        .wait_table = table_at(run, n->wait_table),
        .desk = n->demand < 0 ? 0 : run->desks + n->demand,
        .plan = n,
        .fixed = (int32_t)n->fixed,
        .wait = (int32_t)n->wait,
        .next = (int32_t)n->next,
        .key = (uint32_t)n->key,
        .visits_at = (int32_t)(n->slot < 0 ? (Integer)offsetof(Case, never) / 2 : run->visits_at * 4 + n->slot),
        .again = n->slot >= 0,
        .cell = (int16_t)(n->cell + (n->kind == TASK ? 0 : n->supplier ? SUPPLIER : RULE)),
        .kind = (int8_t)n->kind,
        .chance = n->chance || n->kind > BIDDING, /* where few need it, a draw costs less than a wrong guess */
        .by_days = n->wait_working || n->kind == BIDDING,
        .by_bids = (n->per_bid | n->per_valid_bid) != 0,
        .entails = (n->marks | n->bidder | n->winner) != 0 || n->kind == BIDDING,
        .recorded = (int8_t)n->recorded,
        .portal = (int8_t)n->portal,
    };
}

/* Where the parts of a case's record lie. */
static void shape_records(Run *run)
{
    const Numbers *n = run->numbers;
    run->labour_at = (Integer)(sizeof(Case) / sizeof(Integer));
    run->visits_at = run->labour_at + (run->roles + 1) / 2;
    run->sums_at = run->visits_at + (n->slots + 3) / 4; /* four visits to a word */
    run->outcome_at = run->sums_at + (n->stages * CAUSES + 1) / 2;
    run->marks_at = run->outcome_at + (Integer)(sizeof(Outcome) / sizeof(Integer));
    run->record_words = (run->marks_at + (n->marks + 1) / 2 + LINE - 1) / LINE * LINE;
    if (run->limits.hands > MOST_SECONDS / (run->record_words / LINE)) fail(run, TOO_MUCH_AT_ONCE);
    run->large = run->limits.next_row > run->limits.next_column;
    run->grain = run->large ? 0 : COARSE;
}

/* Cut the arena into what every run needs. */
static int lay_out(Run *run, Integer room)
{
    const Numbers *n = run->numbers;
    Integer demands = length(run->image, DEMANDS) * (Integer)sizeof(Integer) / (Integer)sizeof(Demand),
            nodes = length(run->image, NODES) * (Integer)sizeof(Integer) / (Integer)sizeof(Node),
            queues = demands * n->priorities, cells = n->stages * CAUSES;
    Integer calendars = length(run->image, CALENDARS) / 2;
    run->outages_count = n->outage_law < 0 ? length(run->image, OUTAGES) / 2 : run->laws[n->outage_law].many;
    shape_records(run);
    if (queues > MOST_SECONDS - run->most_tokens) fail(run, TOO_MUCH_AT_ONCE);
    run->report = (Report *)piece(run, WORDS(1, Report));
    run->stages = piece(run, cells);
    run->busy = piece(run, run->roles);
    run->free = piece(run, run->roles);
    run->unclaimed = piece(run, run->roles);
    run->row = piece(run, ROW + CAUSES + n->marks + run->roles);
    run->people_from = piece(run, run->roles);
    run->lowest = piece(run, run->roles);
    run->hours = (Hours *)piece(run, WORDS(calendars, Hours));
    run->crews = (Crew *)piece(run, WORDS(run->teams_count, Crew));
    run->unsettled = (Crew **)piece(run, run->teams_count + 1);
    run->desks = (Desk *)piece(run, WORDS(demands, Desk));
    run->steps = (Step *)piece(run, WORDS(nodes, Step));
    run->cursors = piece(run, demands);
    run->merging = piece(run, demands);
    run->arrivals = (Arrival *)piece(run, WORDS(run->laws_count, Arrival));
    run->outages = piece(run, 3 * run->outages_count);
    run->levels = (Level *)piece(run, WORDS(LEVELS, Level));
    run->links = (Link *)piece(run, WORDS(run->most_tokens + queues, Link));
    run->tokens = (Token *)piece(run, WORDS(run->most_tokens, Token));
    run->records = piece(run, run->limits.hands * run->record_words);
    if (!fits(run, room)) return 0;
    *run->report = (Report){.needed = run->taken, .first = -1};
    for (Integer role = 0; role < run->roles; role++) run->free[role] = run->heads[role];
    for (Integer calendar = 0; calendar < calendars; calendar++)
        run->hours[calendar] = (Hours){.at = run->calendars[calendar].from - 1, .to = run->calendars[calendar].to};
    for (int level = 0; level < LEVELS; level++) {
        clear((Word *)run->levels[level].filled, SLOTS / 64, 0);
        clear((Word *)run->levels[level].first, SLOTS / 2, -1);
    }
    clear(run->stages, cells, 0);
    clear(run->busy, run->roles, 0);
    for (Integer number = 0; number < run->teams_count; number++) {
        const Team *team = run->teams + number;
        run->crews[number] = (Crew){.wake = -1, .team = team, .desk = run->desks + team->demand_from};
    }
    for (Integer demand = 0; demand < demands; demand++) set_up_desk(run, demand);
    for (Integer node = 0; node < nodes; node++) set_up_step(run, node);
    for (int32_t queue = run->most_tokens; queue < run->most_tokens + queues; queue++)
        run->links[queue] = (Link){.next = queue, .previous = queue, .due = -1};
    clear((Word *)run->arrivals, run->laws_count * (Integer)(sizeof(Arrival) / sizeof(Integer)), 0);
    return 1;
}

/* The log, and the people of each role by number: as many as could be busy at once. */
static int lay_out_log(Run *run, Integer room)
{
    Integer staff = length(run->image, STAFF) / 2, people = 0;
    for (Integer role = 0; role < run->roles; role++) {
        Integer crowd = 0;
        for (Integer at = 0; at < staff; at++)
            if (run->staff[at].role == role) crowd = most(crowd, run->staff[at].heads);
        run->people_from[role] = people;
        run->lowest[role] = people / 64;
        people += (least(run->free[role], crowd * run->most_tokens) + 63) / 64 * 64;
    }
    run->busy_people = (uint64_t *)piece(run, people / 64);
    run->first_person = (int32_t *)piece(run, (run->most_tokens + 1) / 2);
    run->next_person = (int32_t *)piece(run, people / 2);
    run->log = (int32_t *)piece(run, run->limits.log * 5);
    run->people_log = (int32_t *)piece(run, (run->limits.people * 5 + 1) / 2);
    if (people > MOST_SECONDS) fail(run, TOO_MUCH_AT_ONCE);
    if (!fits(run, room)) return 0;
    clear((Word *)run->busy_people, people / 64, 0);
    return 1;
}

/* When the portal fails, in order of start: starts, ends, and the latest end so far; FOREVER once it fails no more. */
static void draw_outages(Run *run)
{
    const Numbers *n = run->numbers;
    const Integer *listed = section(run->image, OUTAGES);
    Integer latest = 0, many = run->outages_count, start = 0, end;
    Arrival law = {0};
    Words words = {0};
    for (Integer at = 0; at < many; at++) {
        if (n->outage_law < 0) {
            start = listed[2 * at];
            end = listed[2 * at + 1];
        } else {
            if (start < FOREVER) start = next_time(run, run->laws + n->outage_law, &law, &words);
            Integer lasts = drawn(table_at(run, n->outage_table), words[VALUE]) * n->outage_length >> ONE;
            end = start < FOREVER ? start + lasts : FOREVER;
            law.next++;
        }
        latest = most(latest, end);
        run->outages[at] = start;
        run->outages[at + many] = end;
        run->outages[at + 2 * many] = latest;
    }
}

/* From the first arrival until the last case of the cohort has ended, or to the horizon. */
static void proceed(Run *run)
{
    const Numbers *n = run->numbers;
    draw_outages(run);
    run->next_arrival = FOREVER;
    for (Integer kind = 0; kind < run->laws_count; kind++) {
        draw_arrival(run, kind);
        run->next_arrival = least(run->next_arrival, run->arrivals[kind].time);
    }
    run->expected = least(run->next_arrival, n->horizon);
    see_whether_over(run);
    while (!run->over) {
        proceed_to_next(run);
        settle(run);
    }
    for (Integer used = 0; used < run->used_records && !run->fault; used++) {
        Case *c = (Case *)(run->records + used * run->record_words);
        if (c->tokens) write_row(run, c);
    }
}

/* Whether the numbers of tokens and of rows stay within 31 bits. */
static int sound_limits(const Run *run)
{
    const Limits *l = &run->limits;
    return l->hands >= 0 && l->hands <= MOST_SECONDS / run->numbers->width && l->table >= 0 && l->table <= MOST_SECONDS
        && l->log >= 0 && l->log <= MOST_SECONDS && l->people >= 0 && l->people <= MOST_SECONDS;
}

EXPORT Integer procsim_run(
    const Integer *plan, Integer replication, const Integer *limits, Integer *table, Integer *arena, Integer room)
{
    Run run = {
        .image = plan,
        .opens = section(plan, OPENS),
        .closes = section(plan, CLOSES),
        .done = section(plan, DONE),
        .tables = (const int32_t *)section(plan, TABLES),
        .heads = section(plan, ROLES),
        .lists = section(plan, LISTS),
        .numbers = (const Numbers *)section(plan, NUMBERS),
        .nodes = (const Node *)section(plan, NODES),
        .staff = (const Staff *)section(plan, STAFF),
        .branches = (const Branch *)section(plan, BRANCHES),
        .teams = (const Team *)section(plan, TEAMS),
        .demands = (const Demand *)section(plan, DEMANDS),
        .calendars = (const Calendar *)section(plan, CALENDARS),
        .laws = (const Law *)section(plan, LAWS),
        .roles = length(plan, ROLES),
        .teams_count = length(plan, TEAMS) * (Integer)sizeof(Integer) / (Integer)sizeof(Team),
        .laws_count = length(plan, LAWS) * (Integer)sizeof(Integer) / (Integer)sizeof(Law),
        .table = table,
        .arena = arena,
        .next_wake = FOREVER,
        .due = FOREVER,
        .free_record = -1,
        .free_token = -1,
        .ready = -1,
        .limits = *(const Limits *)limits,
    };
    if (room < (Integer)(sizeof(Report) / sizeof(Integer))) return NO_ROOM;
    run.horizon = run.numbers->horizon;
    run.cohort_from = run.numbers->cohort_from;
    run.cohort_to = run.numbers->cohort_to;
    if (!sound_limits(&run)) return TOO_MUCH_AT_ONCE;
    for (uint32_t round = 0; round < ROUNDS; round++)
        run.keys[round] = (Words){(uint32_t)run.numbers->seed_low + round * 0x9E3779B9, 0,
            (uint32_t)run.numbers->seed_high + round * 0xBB67AE85, 0};
    run.keys[0][2] ^= (uint32_t)replication; /* the last word of every key */
    run.most_tokens = (int32_t)(run.limits.hands * run.numbers->width);
    run.laws_count -= run.numbers->outage_law >= 0; /* the law of outages is the last, and brings no cases */
    if (!lay_out(&run, room)) return run.fault;
    if (run.limits.log && !lay_out_log(&run, room)) return run.fault;
    proceed(&run);
    run.report->stages = run.stages - arena;
    run.report->busy = run.busy - arena;
    run.report->log = run.limits.log ? (Integer *)run.log - arena : 0;
    run.report->people = run.limits.log ? (Integer *)run.people_log - arena : 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* what went past the caches is there for other threads too */
    return run.fault;
}

/* -- what a plan must be ------------------------------------------------------------------------------------------ */

static const Integer RECORD[SECTIONS] = {
    [NUMBERS] = sizeof(Numbers) / sizeof(Integer), [NODES] = sizeof(Node) / sizeof(Integer), [STAFF] = 2,
    [BRANCHES] = 4, [ROLES] = 1, [TEAMS] = 4, [TEAM_ROLES] = 1, [DEMANDS] = 8, [CALENDARS] = 2, [OPENS] = 1,
    [CLOSES] = 1, [DONE] = 1, [WORKING] = 1, [RANKS] = 1, [TABLES] = TABLE_WORDS, [LOSING] = MOST_LOSING + 1,
    [MARKETS] = sizeof(Market) / sizeof(Integer), [LAWS] = sizeof(Law) / sizeof(Integer), [ROUTINGS] = 3, [LISTS] = 1,
    [SHARES] = 1, [STARTS] = 1, [OUTAGES] = 2,
};

/* What a field of every record of a section must be: at least `low`, and below `high` more than the number of records
   of another section (NUMBERS has one record: there it is `high` alone less one). */
typedef struct { int section; size_t field; Integer low, high; int of; } Bound;

#define FIELD(section, type, field, low, high, of) {section, offsetof(type, field) / sizeof(Integer), low, high, of}
#define SPAN(section, type, from, to, of) FIELD(section, type, from, 0, 1, of), FIELD(section, type, to, 0, 1, of)
#define BELOW(section, type, field, high) FIELD(section, type, field, 0, (Integer)(high) - 1, NUMBERS)
#define ANY(section, low, high, of) {section, 0, low, high, of}

static const Bound BOUNDS[] = {
    BELOW(NUMBERS, Numbers, horizon, MOST_SECONDS),
    BELOW(NUMBERS, Numbers, cohort_from, (Integer)1 << 32),
    BELOW(NUMBERS, Numbers, cohort_to, (Integer)1 << 32),
    FIELD(NUMBERS, Numbers, nodes, 1, 4096, NUMBERS),
    FIELD(NUMBERS, Numbers, parts, 1, 4096, NUMBERS),
    FIELD(NUMBERS, Numbers, priorities, 1, 1024, NUMBERS),
    FIELD(NUMBERS, Numbers, stages, 1, 4096, NUMBERS),
    BELOW(NUMBERS, Numbers, marks, 64),
    FIELD(NUMBERS, Numbers, contract, -1, 62, NUMBERS),
    BELOW(NUMBERS, Numbers, slots, 4097),
    FIELD(NUMBERS, Numbers, width, 1, 1 << 20, NUMBERS),
    FIELD(NUMBERS, Numbers, exponential, 0, 0, TABLES),
    FIELD(NUMBERS, Numbers, outage_law, -1, 0, LAWS),
    BELOW(NUMBERS, Numbers, outage_length, MOST_SECONDS),
    FIELD(NUMBERS, Numbers, outage_table, 0, 0, TABLES),
    BELOW(NUMBERS, Numbers, extension, MOST_SECONDS),
    BELOW(NUMBERS, Numbers, most_cases, 1 << 30),
    FIELD(NODES, Node, kind, -1, END, NUMBERS),
    BELOW(NODES, Node, fixed, MOST_SECONDS),
    BELOW(NODES, Node, per_bid, MOST_SECONDS),
    BELOW(NODES, Node, per_valid_bid, MOST_SECONDS),
    FIELD(NODES, Node, next, 0, 0, NODES),
    FIELD(NODES, Node, effort_table, 0, 0, TABLES),
    BELOW(NODES, Node, wait, MOST_SECONDS),
    FIELD(NODES, Node, wait_table, 0, 0, TABLES),
    FIELD(NODES, Node, demand, -1, 0, DEMANDS),
    BELOW(NODES, Node, recorded, 2),
    BELOW(NODES, Node, portal, 2),
    BELOW(NODES, Node, bidder, MOST_SECONDS),
    BELOW(NODES, Node, winner, MOST_SECONDS),
    FIELD(NODES, Node, market, -1, 0, MARKETS),
    BELOW(NODES, Node, stretch, MOST_SECONDS),
    SPAN(NODES, Node, branch_from, branch_to, BRANCHES),
    FIELD(BRANCHES, Branch, to, 0, 0, NODES),
    FIELD(BRANCHES, Branch, then, 0, 0, NODES),
    BELOW(BRANCHES, Branch, bound, ((Integer)1 << 62) + 1),
    FIELD(STAFF, Staff, role, 0, 0, ROLES),
    FIELD(STAFF, Staff, heads, 1, MOST_HEADS, NUMBERS),
    ANY(ROLES, 0, INFINITE, NUMBERS),
    SPAN(TEAMS, Team, demand_from, demand_to, DEMANDS),
    SPAN(TEAMS, Team, role_from, role_to, TEAM_ROLES),
    ANY(TEAM_ROLES, 0, 0, ROLES),
    FIELD(DEMANDS, Demand, team, 0, 0, TEAMS),
    FIELD(DEMANDS, Demand, calendar, 0, 0, CALENDARS),
    SPAN(DEMANDS, Demand, staff_from, staff_to, STAFF),
    FIELD(DEMANDS, Demand, role, 0, 0, ROLES),
    FIELD(DEMANDS, Demand, heads, 1, MOST_HEADS, NUMBERS),
    SPAN(CALENDARS, Calendar, from, to, OPENS),
    ANY(RANKS, 0, 0, WORKING),
    ANY(WORKING, -1000, 1 << 20, NUMBERS),
    ANY(LOSING, 0, (Integer)1 << 33, NUMBERS),
    ANY(SHARES, 0, (Integer)1 << 32, NUMBERS),
    FIELD(ROUTINGS, Routing, bands, 0, 0, LISTS),
    FIELD(MARKETS, Market, size, 1, 1 << 14, NUMBERS),
    FIELD(MARKETS, Market, bands, 1, 1 << 14, NUMBERS),
    FIELD(MARKETS, Market, firms, 1, 1 << 20, NUMBERS),
    BELOW(MARKETS, Market, ring_bids, MOST_COUNT),
    BELOW(MARKETS, Market, ring_paid, MOST_COUNT),
    BELOW(MARKETS, Market, ring_price, MOST_SECONDS),
    BELOW(LAWS, Law, many, 1 << 25),
    BELOW(LAWS, Law, gap, (Integer)1 << 46),
    FIELD(LAWS, Law, times, -1, 0, LISTS),
    BELOW(LAWS, Law, pieces, 1 << 25),
    FIELD(LAWS, Law, routing, -1, 0, ROUTINGS),
    FIELD(LAWS, Law, values, -1, 0, LISTS),
    FIELD(LAWS, Law, methods, -1, 0, LISTS),
    FIELD(LAWS, Law, windows, -1, 0, LISTS),
};

static Integer records(const Integer *plan, int which) { return length(plan, which) / RECORD[which]; }

static int within(const Integer *plan, const Bound *bound)
{
    Integer high = bound->high + (bound->of == NUMBERS ? 1 : records(plan, bound->of));
    const Integer *at = section(plan, bound->section) + bound->field;
    for (Integer row = records(plan, bound->section); row > 0; row--, at += RECORD[bound->section])
        if (*at < bound->low || *at >= high) return 0;
    return 1;
}

/* Whether `number` entries of the lists, from one on, exist and lie within bounds; each may have to ascend. */
static int listed(const Integer *plan, Integer from, Integer number, Integer low, Integer high, int ascending)
{
    const Integer *lists = section(plan, LISTS);
    if (from < 0 || number < 0 || from > length(plan, LISTS) || number > length(plan, LISTS) - from) return 0;
    for (Integer at = from; at < from + number; at++)
        if (lists[at] < low || lists[at] > high || (ascending && at > from && lists[at] < lists[at - 1])) return 0;
    return 1;
}

static int sound_market(const Integer *plan, const Market *m)
{
    Integer size = m->size, word = (Integer)1 << 33;
    return listed(plan, m->counts, size, 0, MOST_COUNT, 0) && listed(plan, m->edges, m->bands - 1, 0, MOST, 0)
           && listed(plan, m->aware, size - 1, 0, word, 0) && listed(plan, m->reached, size * size, 0, word, 0)
           && listed(plan, m->bids, m->bands * size * size, 0, word, 0)
           && listed(plan, m->valid, size * size, 0, word, 0)
           && listed(plan, m->price, size * PRICES, 0, MOST_SECONDS, 0)
           && listed(plan, m->winner, size * m->firms, 0, word, 0) && m->ring_row >= 0 && m->ring_row < size;
}

static int sound_routing(const Integer *plan, Integer at)
{
    const Routing *r = (const Routing *)section(plan, ROUTINGS) + at;
    Integer parts = ((const Numbers *)section(plan, NUMBERS))->parts;
    return at < 0 || (at < records(plan, ROUTINGS) && listed(plan, r->bounds, r->bands, -MOST, MOST, 0)
        && listed(plan, r->thresholds, (r->bands + 1) * parts, 0, (Integer)1 << 33, 0));
}

/* Whether the gaps between arrivals can be added up: each at most as long as the largest number of the table makes it.
   */
static int sound_gap(const Integer *plan, const Law *law)
{
    const int32_t *gaps = (const int32_t *)section(plan, TABLES)
                          + ((const Numbers *)section(plan, NUMBERS))->exponential * 2 * TABLE_WORDS;
    for (int knot = 0; knot < KNOTS; knot++)
        if (gaps[knot] > MOST / most(law->gap >> 8, 1)) return 0;
    return 1;
}

static int sound_law(const Integer *plan, const Law *law)
{
    const Numbers *n = (const Numbers *)section(plan, NUMBERS);
    Integer largest = 1;
    if (!listed(plan, law->quantiles, KNOTS, 0, (Integer)1 << 40, 0)) return 0;
    for (int knot = 0; knot < KNOTS; knot++) largest = most(largest, section(plan, LISTS)[law->quantiles + knot]);
    if (law->value < 0 || law->value > MOST / largest || law->priority < 0 || law->priority >= n->priorities) return 0;
    if (law->times >= 0 && !listed(plan, law->times, law->many, 0, FOREVER - 1, 1)) return 0;
    if (law->times < 0
        && !(sound_gap(plan, law) && listed(plan, law->opens, law->pieces, 0, n->horizon, 1)
             && listed(plan, law->weights, law->pieces, 1, MOST_SECONDS, 0)
             && listed(plan, law->reached, law->pieces + 1, 0, (Integer)1 << 50, 1)
             && section(plan, LISTS)[law->reached] == 0))
        return 0;
    if (law->values >= 0 && !listed(plan, law->values, law->many, -1, MOST, 0)) return 0;
    if (law->windows >= 0 && !listed(plan, law->windows, law->many, -1, MOST_SECONDS, 0)) return 0;
    Integer methods =
        law->method_routing < 0 ? 0 : records(plan, ROUTINGS) - law->method_routing; /* outside an office none */
    return law->methods < 0 || listed(plan, law->methods, law->many, -1, methods - 1, 0);
}

/* Whether the intervals of every calendar ascend, with the work before each beside it. */
static int sound_calendars(const Integer *plan)
{
    const Integer *opens = section(plan, OPENS), *closes = section(plan, CLOSES), *done = section(plan, DONE);
    const Calendar *calendars = (const Calendar *)section(plan, CALENDARS);
    if (length(plan, CLOSES) != length(plan, OPENS) || length(plan, DONE) != length(plan, OPENS)) return 0;
    for (Integer calendar = 0; calendar < records(plan, CALENDARS); calendar++) {
        Integer work = 0, before = 0;
        for (Integer at = calendars[calendar].from; at < calendars[calendar].to; at++) {
            if (opens[at] < before || closes[at] <= opens[at] || closes[at] > FOREVER || done[at] != work) return 0;
            work += closes[at] - opens[at];
            before = closes[at];
        }
    }
    return 1;
}

/* Whether a demand is of its team, and met by roles of the team alone, each named once: so nobody works twice at a
   time. */
static int sound_demand(const Integer *plan, Integer at)
{
    const Demand *d = (const Demand *)section(plan, DEMANDS) + at;
    const Team *team = (const Team *)section(plan, TEAMS) + d->team;
    const Staff *staff = (const Staff *)section(plan, STAFF);
    const Integer *roles = section(plan, TEAM_ROLES), size = d->staff_to - d->staff_from;
    if (at < team->demand_from || at >= team->demand_to || size < 1 || size > team->role_to - team->role_from) return 0;
    for (Integer one = d->staff_from; one < d->staff_to; one++) {
        Integer found = 0;
        for (Integer role = team->role_from; role < team->role_to; role++) found += roles[role] == staff[one].role;
        for (Integer other = one + 1; other < d->staff_to; other++) found += staff[other].role == staff[one].role;
        if (found != 1) return 0;
    }
    const Staff *lead = staff + d->staff_from;
    return !d->simple
           || (size == 1 && lead->role == d->role && lead->heads == d->heads
               && team->demand_to - team->demand_from == 1);
}

/* Whether every demand is sound, and every team serves its own. */
static int sound_people(const Integer *plan)
{
    const Demand *demands = (const Demand *)section(plan, DEMANDS);
    const Team *teams = (const Team *)section(plan, TEAMS);
    for (Integer at = 0; at < records(plan, DEMANDS); at++)
        if (!sound_demand(plan, at)) return 0;
    for (Integer team = 0; team < records(plan, TEAMS); team++)
        for (Integer at = teams[team].demand_from; at < teams[team].demand_to; at++)
            if (demands[at].team != team) return 0;
    return 1;
}

/* What no single field can say: kinds have what they need, tables are within bounds, the parts of the plan fit
   together. */
static int sound_whole(const Integer *plan)
{
    const Numbers *n = (const Numbers *)section(plan, NUMBERS);
    const Node *nodes = (const Node *)section(plan, NODES);
    const int32_t *tables = (const int32_t *)section(plan, TABLES);
    const Integer *outages = section(plan, OUTAGES), *starts = section(plan, STARTS);
    Integer variants = length(plan, SHARES);
    if (variants < 1 || records(plan, NODES) != variants * n->nodes || length(plan, STARTS) != variants * n->parts)
        return 0;
    if (n->horizon / DAY >= length(plan, RANKS) || n->contract >= n->marks || n->cohort_from > n->cohort_to) return 0;
    if ((n->outage_law >= 0 && n->outage_law != records(plan, LAWS) - 1) || records(plan, LAWS) > MOST_LAWS) return 0;
    for (Integer at = 0; at < records(plan, NODES); at++) {
        const Node *node = nodes + at;
        if ((node->kind == TASK && node->demand < 0) || (node->kind == BIDDING && node->market < 0)) return 0;
        if ((node->kind == PARALLEL || node->kind == JOIN) && node->branch_to - node->branch_from < 2) return 0;
        if (node->slot < -1 || node->slot >= n->slots || node->cell < 0 || node->cell > (n->stages - 1) * CAUSES)
            return 0;
        if (node->marks < 0 || node->marks >> n->marks) return 0;
    }
    for (Integer start = 0; start < length(plan, STARTS); start++)
        if (starts[start] < 0 || starts[start] >= n->nodes) return 0;
    for (Integer knot = 0; knot < records(plan, TABLES) * 2 * TABLE_WORDS; knot++)
        if (tables[knot] < 0) return 0;
    for (Integer outage = 0; outage < 2 * records(plan, OUTAGES); outage++)
        if (outages[outage] < 0 || outages[outage] > FOREVER
            || (outage > 1 && outage % 2 == 0 && outages[outage] < outages[outage - 2]))
            return 0;
    return 1;
}

/* Whether a plan can be run: every section lies inside the array, every record within its bounds. */
EXPORT Integer procsim_check(const Integer *plan, Integer words)
{
    if (words < 1 + 2 * SECTIONS || plan[0] != MAGIC) return BAD_PLAN;
    for (int which = 0; which < SECTIONS; which++) {
        Integer from = plan[1 + 2 * which], number = length(plan, which);
        if (from < 0 || number < 0 || from > words || number > words - from || number % RECORD[which]) return BAD_PLAN;
    }
    if (records(plan, NUMBERS) != 1) return BAD_PLAN;
    for (size_t at = 0; at < sizeof BOUNDS / sizeof *BOUNDS; at++)
        if (!within(plan, BOUNDS + at)) return BAD_PLAN;
    if (!sound_whole(plan) || !sound_people(plan) || !sound_calendars(plan)) return BAD_PLAN;
    for (Integer at = 0; at < records(plan, MARKETS); at++)
        if (!sound_market(plan, (const Market *)section(plan, MARKETS) + at)) return BAD_PLAN;
    for (Integer at = 0; at < records(plan, LAWS); at++)
        if (!sound_law(plan, (const Law *)section(plan, LAWS) + at)) return BAD_PLAN;
    for (Integer at = 0; at < records(plan, ROUTINGS); at++)
        if (!sound_routing(plan, at)) return BAD_PLAN;
    return NONE;
}
