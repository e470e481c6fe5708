"""The hard limits of everything that is loud or bright. No setting, command or restart gets round them.

Settings may be stricter. A person at a button or on the phone page may always raise a new alarm, which
has its own `SIREN_MAX_S`; the pause and the count an hour bind everybody else: ward, rules and tamper
switches. tests/edge/guard/alarm proves them against any order of requests, restarts and clocks.
"""

SIREN_MAX_S = 180.0         # a siren or strobe is on at most so long after the request that it answers,
                            # or after the lights that go first
LIGHT_MAX_S = 1800.0        # a flood light likewise
BUZZER_MAX_S = 30.0         # a buzzer likewise; it tells the person at the button that it was heard
TEST_MAX_S = 10.0           # one output in a self-test
PAUSE_MIN_S = 30.0          # least silence between two soundings that no person asked for
PER_HOUR_MAX = 12           # most soundings within an hour that no person asked for
WISH_MAX_AGE_S = 10.0       # an event older than this raises no alarm by its rule
HOLD_MAX_S = 5.0            # nobody in need is asked to hold a button for longer
COMMAND_MAX_BYTES = 4096
COMMAND_MAX_LIFE_S = 300.0  # from `issued` to `expires`
