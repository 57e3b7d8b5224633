/* The size of a run, from the environment of the checker, in the order of the names below. */
c_code {
static int given_size(const char *name, int otherwise)
{
	const char *text = getenv(name);
	return text ? atoi(text) : otherwise;
}

static void settle_the_size(void)
{
	KINDS = given_size("KINDS", 0);
	ASKS = given_size("ASKS", 3);
	REQUESTS = given_size("REQUESTS", 2);
	LUCK = given_size("LUCK", 0);
	SLOTS = given_size("SLOTS", 9);
	LATCHES = given_size("LATCHES", 1);
	SWEEPS = given_size("SWEEPS", 0);
	POLICY = given_size("POLICY", 0);
	RANKING = given_size("RANKING", 0);
	LOOKING_FOR = given_size("LOOKING_FOR", 0);
	MUTANT = given_size("MUTANT", 0);
	LEFT_OUT = given_size("LEFT_OUT", 0);
}
};
