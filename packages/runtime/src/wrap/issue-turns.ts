/**
 * Issues calls in the order in which they were asked for, although what some of them are must be read first: one that is known at
 * once is issued at once, unless one before it is being read still.
 */
export class IssueTurns {
	#last: Promise<unknown> | null = null;

	/** Calls `issue` with the subject when its turn has come, and returns what that returns. */
	issue<Subject, Value>(
		subject: Subject | Promise<Subject>,
		issue: (subject: Subject) => Promise<Value>,
	): Promise<Value> {
		if (this.#last === null && !(subject instanceof Promise)) return issue(subject);
		const issued = Promise.withResolvers<null>();
		const before = this.#last;
		this.#last = issued.promise;
		const run = async (): Promise<{ readonly value: Promise<Value> }> => {
			try {
				const [read] = await Promise.all([subject, before]);
				const value = issue(read);
				// Whoever awaits the wrapper sees a failure; until then it is nobody's.
				value.catch(() => {});
				return { value };
			} finally {
				if (this.#last === issued.promise) this.#last = null;
				issued.resolve(null);
			}
		};
		return run().then(({ value }) => value);
	}
}
