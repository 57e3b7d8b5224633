/* What there is: the node as it stands on disk, the action as it stands in memory, the network, the BMC, and what an
 * onlooker knows who sees all of them.
 *
 * A set of sessions is a byte with a bit for each, 1 to SESSIONS.  A session's number is given again once nothing
 * anywhere refers to it, which no party can tell from its getting a new one; so runs of any length have finitely many
 * states.  For the same reason operations are numbered 1 to 3: at most two have begun and not ended.
 *
 * `hidden` variables are no part of a state.  Those in capitals are set once, before the first step; the others hold
 * something from one statement to the next of one atomic step. */

#define SESSIONS 3
#define BIT(s)   (1 << (s))

/* How far this run goes: chosen when the checker starts, so that one checker serves every size. */
hidden int   KINDS;             /* the misfortunes that may happen, by bit                                         */
hidden short ASKS;              /* what may be asked for, by bit                                                   */
hidden byte  REQUESTS;          /* how many requests per node; 255: they never stop                                */
hidden byte  LUCK;              /* how many misfortunes                                                            */
hidden byte  SLOTS;             /* sessions that the BMC keeps at once                                             */
hidden byte  LATCHES;           /* 1: it acts on a command some time after it has accepted it                      */
hidden byte  SWEEPS;            /* 1: nodes at rest are read now and then                                          */
hidden byte  POLICY;            /* on drift 0: flag, 1: adopt, 2: enforce                                          */
hidden byte  RANKING;           /* by its place in the spec                                                        */
hidden short LOOKING_FOR;       /* 0: any broken property; less: that of this number, broken; more: its witness    */
hidden short MUTANT;            /* 0: the spec as it is                                                            */
hidden byte  LEFT_OUT;          /* 0: the protocol as it is; else without one of these:                            */

#define AWAIT_CLOSE    1        /* the answer to a Close Session is awaited                                        */
#define RECORD_FIRST   2        /* a session is on record before a command is sent in it                           */
#define FENCE_THE_DEAD 3        /* sessions of a process that died are fenced                                      */
#define ALWAYS_CLOSE   4        /* a session is closed after every action, not only after those that were cancelled */
#define CLOSE_ANSWERED 5        /* a session is closed although its command was answered                           */
#define PERSIST_FIRST  6        /* a request is on disk before it is answered                                      */
#define FENCE_FIRST    7        /* earlier sessions are closed before the power is read, and not after it          */

/* Misfortunes: any of these, LUCK of them in all, in any order. */
#define LOSE      1             /* what is under way is lost                                                       */
#define COPY      2             /* it arrives, and once more later: the network's doing, or a retransmission       */
#define LATE      4             /* the daemon stops waiting although an answer may still come                      */
#define REFUSE    8             /* the BMC does not do what it is told                                             */
#define FAIL      16            /* logging in or reading goes wrong                                                */
#define EXPIRE    32            /* the operation's deadline is over                                                */
#define CRASH     64            /* the daemon dies                                                                 */
#define BUTTON    128           /* an operator presses the button                                                  */
#define REBOOT    256           /* the BMC starts anew: sessions, and what it had in mind, are gone                */
#define OUTAGE    512           /* mains power goes and comes: the same, and its restore policy decides the power  */
#define LIE       1024          /* a reading that is not so                                                        */
#define IMPATIENT 2048          /* the power is not as commanded for longer than patience                          */
#define MAY(kind) (luck > 0 && (KINDS & (kind)))

byte luck;                      /* misfortunes left                                                                */
byte requests[N];               /* requests made                                                                   */

/* On disk: what a crash leaves. */
mtype st[N] = INITIAL_STATE;
mtype desired[N] = none;
mtype observed[N] = none;
bit   drifted[N];
mtype play[N] = none;           /* the operation in play: what was asked,                                          */
byte  play_id[N];               /* its number,                                                                     */
bit   play_leg[N];              /* whether its first leg is behind it,                                             */
bit   play_mark[N];             /* whether a command that must not be repeated may have been sent for it           */
mtype wait[N] = none;           /* the operation that waits                                                        */
byte  wait_id[N];
byte  record[N];                /* sessions on record                                                              */
byte  off_record[N];            /* sessions closed in memory, and on record until the next commit                  */
mtype carried[N * (SESSIONS + 1)] = none;       /* what each of them was opened for                                */
#define CARRIED(n, s) carried[(n) * (SESSIONS + 1) + (s)]

/* In memory: what follows from the last commit, and has not yet been done. */
mtype answering[N] = none;      /* the requester is to be told this desired state                                  */
bit   starting[N];
bit   cancelling_[N];

/* In memory: the action. */
mtype ph[N] = none;             /* phase of its drive                                                              */
bit   leg[N];
mtype goal[N] = none;
mtype cmd[N] = none;            /* what it would send                                                              */
byte  own[N];                   /* its session, or 0                                                               */
bit   sent[N];                  /* a command was sent in it                                                        */
bit   accepted[N];
bit   spent[N];
bit   awaiting[N];              /* something commanded is being waited for, so that patience can end               */
bit   told_to_end[N];           /* it was cancelled and has not noticed                                            */
mtype telling[N] = none;        /* what it reports before it goes on                                               */
byte  closing_[N];              /* the session whose Close Session is to be answered                               */
bit   close_heard[N];
byte  command_heard[N];         /* 0 nothing sent, 1 nothing heard, 2 accepted, 3 refused                          */
mtype sample[N] = none;         /* what the BMC read, on its way to the action                                     */
byte  quarantine[N];            /* sessions that could not be closed                                               */
byte  held[N];                  /* sessions closed, and on record for the soft-off that they carried               */
mtype fence[N] = none;          /* where the last session that was fenced led; none: not known                     */
bit   fence_soft[N];
mtype swept[N] = none;          /* what the BMC read, on its way to the sweep                                      */

/* Between them: what is under way, as the set of sessions in which at least one datagram of that kind is. */
#define WAY_ON    0
#define WAY_OFF   1
#define WAY_SOFT  2
#define WAY_RESET 3
#define WAY_CLOSE 4
byte way[N * 5];
#define WAY(n, kind) way[(n) * 5 + (kind)]

/* The BMC. */
mtype power[N] = off;
mtype latch[N] = none;          /* what it has accepted and has still to do                                        */
byte  open[N];                  /* sessions that it keeps                                                          */

/* The onlooker. */
byte  outstanding[N];           /* operations that have begun and not ended, by bit                                */
bit   ended_twice[N];
bit   crowded[N];               /* an action was started beside another                                            */
byte  commanded[N];             /* sessions with a command that was neither answered, fenced nor quarantined       */
byte  carrying[N];              /* sessions in which a command was sent, until the BMC has closed them             */
mtype promised[N] = none;
bit   unasked[N];
byte  resets[N];
bit   off_read[N];              /* the off of the cycle in play was read                                           */
bit   cycled_twice[N];
bit   rejected[N];
bit   meddled[N];
bit   restarted_;

/* From one statement to the next. */
hidden mtype was;
hidden mtype asked;             /* what is being asked for                                                         */
hidden byte  given;             /* the operation that the requester gets                                           */
hidden byte  before;            /* operations outstanding before this step                                         */
hidden byte  after_that;        /* the operation that waits is to be taken up in the same commit                   */
hidden mtype read_as;
hidden byte  transient_;
hidden byte  unsupported_;
hidden byte  patient_;
hidden byte  which;             /* a session                                                                       */
hidden byte  what;              /* a kind of datagram                                                              */

/* The facts that properties speak of, by the names that the spec gives them. */
#define fact_state(n)        st[n]
#define fact_at_rest(n)      RESTS(st[n])
#define fact_declared(n)     DECLARES(st[n])
#define fact_observed(n)     observed[n]
#define fact_drifted(n)      drifted[n]
#define fact_desired(n)      desired[n]
#define fact_wanted(n)       POWER_OF(desired[n])
#define fact_in_play(n)      play[n]
#define fact_waiting(n)      wait[n]
#define fact_ranking(n)      RANKING_NAMED
#define fact_phase(n)        ph[n]
#define fact_power(n)        power[n]
#define fact_on_may_come(n)  (latch[n] == on || latch[n] == reset || ((WAY(n, WAY_ON) | WAY(n, WAY_RESET)) & open[n]))
#define fact_off_may_come(n) (latch[n] == off || latch[n] == soft_off || ((WAY(n, WAY_OFF) | WAY(n, WAY_SOFT)) & open[n]))
#define fact_commands(n)     COUNT(commanded[n])
#define fact_actions(n)      ((ph[n] != none) + crowded[n])
#define fact_driven(n)       (ph[n] != none || starting[n])
#define fact_outstanding(n)  COUNT(outstanding[n])
#define fact_adrift(n)       (outstanding[n] != ((play_id[n] -> BIT(play_id[n]) : 0) | (wait_id[n] -> BIT(wait_id[n]) : 0)))
#define fact_ended_twice(n)  ended_twice[n]
#define fact_first_open(n)   ((outstanding[n] & BIT(1)) != 0)
#define fact_promised(n)     promised[n]
#define fact_unasked(n)      unasked[n]
#define fact_unrecorded(n)   ((carrying[n] & ~(record[n] | off_record[n])) != 0)
#define fact_resets(n)       resets[n]
#define fact_cycled_twice(n) cycled_twice[n]
#define fact_rejected(n)     rejected[n]
#define fact_meddled(n)      meddled[n]
#define fact_restarted(n)    restarted_

#define COUNT(set)           ((((set) & BIT(1)) != 0) + (((set) & BIT(2)) != 0) + (((set) & BIT(3)) != 0))
#define POWER_OF(desire)     (desire == on -> on : (desire == none -> none : off))
#define DIRECTION(command)   ((command == off || command == soft_off) -> off : on)

/* Nodes of one BMC share its sessions. */
#if N == 1
#define SESSIONS_OPEN COUNT(open[0])
#else
#define SESSIONS_OPEN (COUNT(open[0]) + COUNT(open[1]))
#endif
