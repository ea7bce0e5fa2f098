import { pipeCount } from "./pipe-slots.ts";
import { mountedPlaces as places } from "./places.ts";

const makePipes = `
fail() { echo "failed: $1"; exit 1; }
pipes_in() {
	count=0
	pipes=
	while [ $count -lt ${pipeCount} ]; do
		pipes="$pipes $1/$count"
		count=$((count + 1))
	done
	mkfifo -m 666 $pipes || fail "cannot make pipes"
}
`;

const stayAndSweep = `
echo ready
while IFS= read -r line; do :; done
# Mostly all are empty, and one process removes them.
[ $# = 0 ] || rmdir "$@" 2>/dev/null
for directory in "$@"; do
	for group in "$directory"/*/ "$directory"/; do
		while [ -d "$group" ] && ! rmdir "$group" 2>/dev/null; do
			while read -r member; do kill -KILL "$member" 2>/dev/null; done < "$group/cgroup.procs"
			sleep 0.01
		done
	done
done
`;

/**
 * The program of a holder that mounts. Arguments: options of the layer space or `disk`, its directory and owner there, then
 * control group directories. It says `mounted`, waits for a line, binds what the table at `binds` lists, in one process for
 * all, says `ready`, and stays until its input ends.
 */
export const mountingHolder = `${makePipes}
mount -i -n -t tmpfs -o mode=755 tmpfs ${places.base} && mkdir ${places.layers} ${places.trees} &&
	case $1 in
		disk) mkdir -m 700 "$2" && chown "$3" "$2" && mount -i -n -c --bind "$2" ${places.layers} ;;
		*) mount -i -n -t tmpfs -o "$1" tmpfs ${places.layers} ;;
	esac || fail "cannot mount the layer space"
kept=$1
layers=$2
shift 3
echo mounted
read -r line || exit 1
mount -i -n -c -a -T ${places.binds} || fail "cannot bind the host's directories"
pipes_in ${places.pipes}
${stayAndSweep}
# What is on disk would outlive this namespace; what is in memory was never there.
[ "$kept" != disk ] || { umount -n -l ${places.layers} && rm -rf "$layers"; }
`;

/**
 * The program of a holder that may mount nothing. Arguments: the directory that everything lies in, then control group
 * directories. It talks as the other does, and removes the directory at its end.
 */
export const plainHolder = `${makePipes}
base=$1
shift
mkdir -m 700 "$base" "$base/layers" || fail "cannot make $base"
echo mounted
read -r line || { rm -rf "$base"; exit 1; }
pipes_in "$base/pipes"
${stayAndSweep}
chmod -R u+rwX "$base" 2>/dev/null
rm -rf "$base"
`;
