/** A system call to try: its number by architecture and its arguments, chosen to harm nothing where it is let through. */
export interface SystemCallTry {
	readonly name: string;
	readonly numbers: Readonly<Record<"x64" | "arm64", number>>;
	readonly words: readonly number[];
}

/** Perl that makes the calls it is given and prints `name errno` for each, or `name allowed`. */
export const systemCallProbe = String.raw`
$| = 1;
while (@ARGV) {
	my ($name, $number, $words) = splice @ARGV, 0, 3;
	$! = 0;
	my $result = syscall $number + 0, map { $_ + 0 } split /,/, $words;
	printf "%s %s\n", $name, $result == -1 ? $! + 0 : "allowed";
}
`;

/** The probe's arguments for some tries on this machine. */
export function probeWords(tries: readonly SystemCallTry[]): readonly string[] {
	const machine = process.arch === "arm64" ? "arm64" : "x64";
	return tries.flatMap(({ name, numbers, words }) => [name, String(numbers[machine]), words.join(",")]);
}

/** What a denied call says: not permitted, no such call. */
export const denials: readonly string[] = ["1", "38"];
