/* Two daemons, one store, one BMC: who may command a node, and what a daemon that stood still can do.
 *
 * A node is owned through a lease in the store: holder, epoch, expiry.  Taking it over raises the epoch; every
 * transaction on the node is conditional on the epoch.  A daemon looks at its lease before each datagram.  BMCs know
 * nothing of epochs: the new owner closes every session on record, with answer, before it commands, and
 * a command goes only in a session that is on record.
 *
 * One node: leases are per node, and nodes share nothing else that matters here.  The drive is that of power.yaml
 * without its retries: fence, settle, open, record, check, command, read, declare.  Requests are on and off,
 * the newest counts; rankings, cycle and reset are the business of the other model.
 *
 * Standing still (SIGSTOP, a moved virtual machine, a long page-in) needs no process of its own: here no daemon ever
 * has to take its next step soon.  What a *running* daemon promises is said where time goes on: see Time.
 *
 * Every design choice is a knob, every property a bit of `watch`; both are read from the environment when pan starts, so
 * that one compilation serves all variants.  Replay with `pan -r`: spin itself cannot run the C in it.
 */

#ifndef NDAEMON
#define NDAEMON 2       /* daemons that share the store                                 */
#endif
#ifndef NREQ
#define NREQ 2          /* requests                                                     */
#endif
#ifndef NTAKE
#define NTAKE 2         /* takings of the lease, the first included; but that of a daemon that died may always be followed */
#endif
#ifndef NTICK
#define NTICK 2         /* steps of time in leases of the living; a lease lasts two     */
#endif
#ifndef NDEATH
#define NDEATH 0        /* daemons that die, and start again knowing nothing            */
#endif
#ifndef NLOSS
#define NLOSS 1         /* datagrams and answers lost                                   */
#endif
#ifndef COPIES
#define COPIES 2        /* most copies of a command under way; a retransmission is one  */
#endif
#ifndef NSES
#define NSES 7          /* session ids 1 .. NSES-1; `room` shows that they suffice      */
#endif

/* ------------------------------------------------------------------ knobs: 1 is the design, 0 leaves it out */
hidden byte check;          /* look at the lease before each send                       */
hidden byte band;           /* ... and want more time left than a send and drift can take */
hidden byte waitout;        /* the lease is taken over only when it has run out         */
hidden byte fence;          /* the new owner closes what earlier owners left on record  */
hidden byte answer;         /* ... and waits for the BMC's answer                       */
hidden byte settle;         /* ... and waits out what the BMC has latched               */
hidden byte early;          /* a session's id is on record before its first command     */
hidden byte epoch_record;   /* recording a session is conditional on the epoch          */
hidden byte epoch_declare;  /* declaring, which ends the operation, is                  */
hidden byte epoch_request;  /* deciding a request is                                    */
hidden byte epoch_forget;   /* taking a session off the record is                       */
hidden byte epoch_list;     /* reading what is to be fenced is                          */
/* How badly a daemon may stand still between its look at the lease and the send:
 * 0 never longer than the bound; 1 for as long as it likes; 2 and its clock stands still with it. */
hidden byte standstill;
hidden short watch;         /* which properties are watched                             */
hidden byte witness;        /* which witness is looked for; 0 none                      */

c_decl {
\#include <stdlib.h>
    static int knob(const char *name, int otherwise) {
        const char *value = getenv(name);
        return value ? atoi(value) : otherwise;
    }
}

/* ------------------------------------------------------------------ properties
 * A broken one says its name in the replay.                                                                  */
#define ONE_LEAVES   1
#define ONE_ACCEPTED 2
#define NOT_AGAINST  4
#define NOT_EARLY    8
#define DURABLE      16
#define SURVIVES     32
#define ENDS_ONCE    64
#define ONE_SESSION  128
#define ONE_LATE     256
#define HANDS_OFF    512
#define ROOM         1024
#define keep(bit, holds, told) \
    if :: (watch & bit) && !(holds) -> printf(told); assert(false) :: else fi
#define WORD(v) (v)    /* told as 1, on, and 0, off */
#define reached(n) assert(witness != n)

#define bit_of(s)      (1 << (s))
#define has(set, s)    (((set) >> (s)) & 1)

/* ------------------------------------------------------------------ the store: durable; a transaction is atomic */
byte holder, epoch;         /* of the lease; epoch 0: never taken                       */
bit  desired;
byte generation;            /* +1 with each operation                                   */
bit  outstanding;           /* the operation of this generation has not ended           */
byte record;                /* set of sessions on record                                */
bit  declared, shown;       /* a state is declared, and which                           */

/* ------------------------------------------------------------------ the BMC, and what is under way to it */
bit  power;
byte latch;                 /* accepted and not yet done: 0 nothing, 1 off, 2 on        */
byte open_at_bmc;           /* set of sessions                                          */
byte next_session = 1;
byte commands[NSES], closes[NSES];  /* copies under way                                 */
byte leads;                 /* set of sessions whose command is on; each carries one    */
byte answered;              /* set of sessions whose command's answer has come          */
byte closed;                /* set of sessions whose close was answered                 */

/* ------------------------------------------------------------------ daemons: volatile */
byte mine[NDAEMON];         /* the epoch that it believes to own the node in; 0 none    */
byte left[NDAEMON];         /* time left of its lease: 2 plenty, 1 little, 0 none       */
bit  armed[NDAEMON];        /* it has looked at its lease, and will send                */
bit  stepped[NDAEMON];      /* ... and time has gone on since                           */
bit  wants[NDAEMON];        /* its registry's desired,                                  */
byte knows[NDAEMON];        /*                generation,                               */
bit  drives[NDAEMON];       /*                and whether an operation is in play       */

byte nreq, ntick, ndeath, nloss;

/* ------------------------------------------------------------------ observers */
byte in_play;               /* sessions with a command that left and did not end: not answered, not fenced */
byte ended;                 /* set of generations                                       */
byte granted;               /* operations that requesters were given                    */
byte opened_in[NSES];       /* the epoch of its opener                                  */
byte late[NDAEMON];         /* datagrams that left after the daemon had lost the node   */

inline forget(who) {
    mine[who] = 0; armed[who] = 0; stepped[who] = 0; wants[who] = 0; knows[who] = 0; drives[who] = 0; late[who] = 0
}

inline end_operation(g) {
    keep(ENDS_ONCE, !has(ended, g), "@1 broken ends-once\n");
    ended = ended | bit_of(g)
}

/* ------------------------------------------------------------------ requesters
 * A daemon that does not take itself for the owner sends them to the other, which is not modelled.             */
active proctype Requesters() {
    byte d; bit v;
    do
    :: atomic {
        nreq < NREQ ->
        if :: mine[0] -> d = 0 :: mine[1] -> d = 1 fi;
        nreq++;
        if :: v = 0 :: v = 1 fi;
        if
        :: epoch_request && mine[d] != epoch ->
            reached(1);
            printf("@1 refused request by %d\n", d + 1)
        :: else ->
            printf("@1 request %d by %d\n", WORD(v), d + 1);
            if
            :: drives[d] && wants[d] == v -> skip       /* joins */
            :: else ->
                if :: drives[d] -> end_operation(knows[d]) :: else fi;
                wants[d] = v; knows[d]++; drives[d] = 1;
                desired = v; generation = knows[d]; outstanding = 1; declared = 0; shown = 0;
                granted++;
                keep(SURVIVES, generation >= granted, "@1 broken answered-survives\n")
            fi
        fi;
        d = 0; v = 0
       }
    :: nreq == NREQ -> break
    od
}

/* ------------------------------------------------------------------ the network: loses, delays, reorders
 * A second copy of a datagram is a retransmission.                                                            */
#define ANY(of) \
    if :: of[1] -> s = 1 :: of[2] -> s = 2 :: of[3] -> s = 3 \
       :: of[4] -> s = 4 :: of[5] -> s = 5 :: of[6] -> s = 6 fi

active proctype Network() {
    byte s;
end:
    do
    :: atomic {
        ANY(commands);
        if
        :: commands[s]--;
           if
           :: has(open_at_bmc, s) ->
                keep(ONE_ACCEPTED, !(in_play & ~bit_of(s)), "@1 broken one-command-accepted\n");
                printf("@1 latch %d in %d\n", WORD(has(leads, s)), s);
                latch = has(leads, s) + 1;
                if
                :: opened_in[s] < epoch -> reached(2)   /* accepted, of an owner that is no more */
                :: else
                fi;
                if
                :: answered = answered | bit_of(s); in_play = in_play & ~bit_of(s); printf("@1 answered %d\n", s)
                :: nloss < NLOSS -> nloss++; printf("@1 lose answer %d\n", s)
                fi
           :: else ->
                reached(3);
                printf("@1 ignore %d on %d\n", WORD(has(leads, s)), s)
           fi
        :: nloss < NLOSS -> nloss++; commands[s]--; printf("@1 lose command %d\n", s)
        fi;
        s = 0
       }
    :: atomic {
        ANY(closes);
        if
        :: closes[s]--; open_at_bmc = open_at_bmc & ~bit_of(s); printf("@1 deliver close %d\n", s);
           if
           :: closed = closed | bit_of(s); in_play = in_play & ~bit_of(s); printf("@1 closed %d\n", s)
           :: nloss < NLOSS -> nloss++; printf("@1 lose answer %d\n", s)
           fi
        :: nloss < NLOSS -> nloss++; closes[s]--; printf("@1 lose close %d\n", s)
        fi;
        s = 0
       }
    od
}

active proctype Bmc() {
end:
    do
    :: atomic {
        latch ->
        printf("@1 act %d\n", WORD(latch == 2));
        keep(NOT_AGAINST, !declared || shown == latch - 1, "@1 broken never-against-declared\n");
        power = latch - 1; latch = 0
       }
    od
}

/* ------------------------------------------------------------------ time
 * Runs in steps of the bound: the longest time from a daemon's look at its lease to the datagram's leaving,
 * with the drift of clocks.  So a running daemon that has looked is passed by at most one step before it sends; one that
 * stands still (`standstill`) by any number.  Nothing else is assumed of anyone's speed.
 * A lease whose holder has died runs out in any case.                                                          */
#define PASSES(d) (left[d] && (ntick < NTICK || !mine[d]) && (!armed[d] || !stepped[d] || standstill))

active proctype Time() {
    byte d;
end:
    do
    :: atomic {
        if :: PASSES(0) -> d = 0 :: PASSES(1) -> d = 1 fi;
        left[d]--;
        if :: mine[d] -> ntick++ :: else fi;
        stepped[d] = armed[d];
        if :: left[d] == 0 -> printf("@1 lapse %d\n", d + 1) :: else fi;
        d = 0
       }
    od
}

/* ------------------------------------------------------------------ a daemon */
#define OWNER        (mine[d] == epoch)
#define REFUSED(by)  (by && !OWNER)             /* by a transaction that is conditional on the epoch */
#define FRESH        (left[d] > (band -> 1 : 0) || standstill == 2)
#define MAY_TAKE     ((epoch < NTAKE || !mine[holder]) && (!waitout || !left[holder]))

/* It dies, and starts again; what it had under way goes on.  Offered before each send and each transaction: to
 * all others a death at any other instant is one of these. */
#define DEATH \
    :: atomic { ndeath < NDEATH -> ndeath++; forget(d); printf("@0 crash %d\n", d + 1); goto contends }

inline renew() {
    if
    :: OWNER -> left[d] = 2; printf("@1 renew %d by %d\n", epoch, d + 1)
    :: else -> goto lost
    fi
}

/* A look at the lease.  Too little time left: it is renewed, which the store refuses to who has lost it. */
inline look() {
    do
    :: !check -> break
    :: atomic { check && FRESH -> armed[d] = 1; stepped[d] = 0; break }
    :: atomic { check && left[d] < 2 -> renew() }
    DEATH
    od
}

/* A datagram leaves. */
inline leaves() {
    armed[d] = 0; stepped[d] = 0;
    if
    :: !OWNER ->
        late[d] = (late[d] < 2 -> late[d] + 1 : 2);
        keep(ONE_LATE, late[d] < 2, "@1 broken one-late-datagram\n")
    :: else
    fi
}

/* A reading, in one step: only its sample matters, and what is done with it comes later. */
inline read() {
    look();
    atomic {
        leaves();
        if
        :: has(open_at_bmc, s) -> seen = power; printf("@1 read %d by %d\n", WORD(power), d + 1)
        :: else -> printf("@1 failure %d by %d\n", s, d + 1); goto drive
        fi
    }
}

inline put_on_record(now) {
    if
    :: !(now) -> skip
    :: atomic {
        now ->
        if
        :: REFUSED(epoch_record) ->
            reached(4);
            printf("@1 refused record %d by %d\n", s, d + 1);
            /* Its own session, in which nothing was sent: closing it can harm nobody, and needs no lease. */
            closes[s] = 1; printf("@1 close %d by %d\n", s, d + 1);
            goto lost
        :: else ->
            record = record | bit_of(s); printf("@1 record %d by %d\n", s, d + 1)
        fi
       }
    DEATH
    fi
}

inline send_command() {
    look();
    atomic {
        leaves();
        printf("@1 send %d on %d by %d\n", WORD(goal), s, d + 1);
        keep(ONE_LEAVES, !(in_play & ~bit_of(s)), "@1 broken one-command-leaves\n");
        keep(DURABLE, goal == desired || generation > gen, "@1 broken durable-intent\n");
        if :: !has(closed, s) -> in_play = in_play | bit_of(s) :: else fi;
        if :: commands[s] < COPIES -> commands[s]++ :: else fi
    }
}

proctype Daemon(byte d) {
    byte s, todo, gen, own;
    bit  goal, seen;

    if
    :: mine[d] -> goto endrests
    :: else -> goto contends
    fi;

lost:
    atomic { printf("@1 resign %d by %d\n", mine[d], d + 1); forget(d); left[d] = 0 }
contends:
    atomic { s = 0; todo = 0; gen = 0; own = 0; goal = 0; seen = 0 }
endcontends:
    atomic {
            MAY_TAKE ->
            if :: in_play -> reached(5) :: else fi;     /* taken over in the middle of a command */
            epoch++; holder = d; mine[d] = epoch; left[d] = 2;
            wants[d] = desired; knows[d] = generation; drives[d] = outstanding;
            printf("@1 take %d by %d\n", epoch, d + 1)
        }
endrests:
        do
        :: drives[d] -> break
        :: atomic { left[d] < 2 -> renew() }
        DEATH
        od;

drive:  /* fence */
        atomic {
            if
            :: REFUSED(epoch_list) -> goto lost
            :: else -> todo = record & (fence -> 255 : own)
            fi;
            goal = wants[d]; gen = knows[d]; s = 1; seen = 0
        }
        do
        :: atomic { !todo -> s = 0; break }
        :: atomic { todo && !has(todo, s) -> s++ }
        :: has(todo, s) ->
            do
            :: atomic {
                has(closed, s) || (!answer && closes[s]) ->
                if
                :: REFUSED(epoch_forget) -> goto lost
                :: else -> record = record & ~bit_of(s)
                fi;
                todo = todo & ~bit_of(s); s = 1; break
               }
            :: !has(closed, s) && !closes[s] ->
                look();
                atomic {
                    leaves();
                    keep(HANDS_OFF, OWNER || opened_in[s] != epoch, "@1 broken hands-off\n");
                    closes[s] = 1; printf("@1 close %d by %d\n", s, d + 1)
                }
            od
        od;
        !settle || !latch;

        /* open, record, check */
        look();
        atomic {
            keep(ROOM, next_session < NSES, "@1 broken room\n");
            next_session < NSES ->
            leaves();
            keep(ONE_SESSION, !(open_at_bmc & record), "@1 broken one-session\n");
            s = next_session; next_session++; opened_in[s] = mine[d];
            open_at_bmc = open_at_bmc | bit_of(s); own = own | bit_of(s); leads = leads | (goal << s);
            printf("@1 open %d by %d\n", s, d + 1)
        }
        put_on_record(early);
        read();
        if
        :: seen == goal -> goto declare
        :: else
        fi;

        /* command */
        send_command();
        put_on_record(!early);
        do
        :: wants[d] != goal -> goto drive               /* cancelled */
        :: wants[d] == goal && has(answered, s) -> break
        :: wants[d] == goal && !has(answered, s) && !has(open_at_bmc, s) -> goto drive  /* unanswered */
        :: wants[d] == goal && !has(answered, s) && has(open_at_bmc, s) && commands[s] < COPIES -> send_command()
        od;

        /* read until it is as commanded */
        do
        :: wants[d] != goal -> goto drive
        :: wants[d] == goal ->
            read();
            if :: seen == goal -> break :: else fi
        od;

declare:
        atomic {
            if
            :: knows[d] != gen -> goto drive            /* desired is not the same any more */
            :: knows[d] == gen && REFUSED(epoch_declare) ->
                reached(6);
                printf("@1 refused declare by %d\n", d + 1);
                goto lost
            :: else ->
                printf("@1 declare %d by %d\n", WORD(goal), d + 1);
                keep(NOT_EARLY, power == goal, "@1 broken no-early-success\n");
                end_operation(gen);
                declared = 1; shown = goal; outstanding = 0; drives[d] = 0;
                if :: epoch > 1 -> reached(7) :: else fi;
                goal = 0; seen = 0; gen = 0; s = 0
            fi
        }
        goto endrests
}

#ifdef LIVE
/* Keeps weak fairness off a blocked end state, in which pan would descend for ever. */
active proctype Tick() { bit t; do :: t = 1 - t od }
#endif

init {
    atomic {
        c_code {
            check = knob("CHECK", 1); band = knob("BAND", 1); waitout = knob("WAITOUT", 1);
            fence = knob("FENCE", 1); answer = knob("ANSWER", 1); settle = knob("SETTLE", 1); early = knob("EARLY", 1);
            epoch_record = knob("EPOCH_RECORD", 1); epoch_declare = knob("EPOCH_DECLARE", 1);
            epoch_request = knob("EPOCH_REQUEST", 1); epoch_forget = knob("EPOCH_FORGET", 1);
            epoch_list = knob("EPOCH_LIST", 1);
            standstill = knob("STANDSTILL", 0); watch = knob("WATCH", 2047); witness = knob("WITNESS", 0);
        };
        /* The first daemon owns the node, which is at rest; nobody has asked for anything. */
        epoch = 1; mine[0] = 1; left[0] = 2;
        byte d;
        for (d : 0 .. NDAEMON - 1) { run Daemon(d) }
    }
}

ltl converges {
    <>[] (!outstanding && (generation > 0 -> declared) && (declared -> (shown == power && power == desired)))
}
