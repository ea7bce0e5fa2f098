import type { Room } from "./room.ts";

/** Rooms that have been started and wait at their gate, each for the one command of its life. */
export interface RoomPool<Kept extends Room> {
	/** Returns a room that is fit, started ahead where there is one, and starts its successor. Throws what starting one throws. */
	take(): Promise<Kept>;
	/** Removes the rooms that nobody took. */
	close(): Promise<void>;
}

/** What a pool is made with. */
export interface RoomPoolOptions<Kept extends Room> {
	readonly start: () => Promise<Kept>;
	/** Rooms that are started ahead; 0 for none. */
	readonly spareRooms: number;
	/** Removes a room out of the way of commands; its failure is the receiver's to report. */
	readonly retire: (room: Kept) => void;
}

/**
 * Starts rooms ahead of their commands. A room is used once: no process, no file outside of the workspace and no count of a group
 * can reach the next command. A room that died, or that the daemon lost while it waited, is passed over.
 */
export function createRoomPool<Kept extends Room>(options: RoomPoolOptions<Kept>): RoomPool<Kept> {
	const { start, spareRooms, retire } = options;
	const ahead: Promise<Kept>[] = [];
	let closed = false;

	const refill = (): void => {
		while (!closed && ahead.length < spareRooms) {
			const starting = start();
			// Whoever takes it hears of its failure; unheard, a rejection would end this process.
			starting.catch(() => {});
			ahead.push(starting);
		}
	};
	const startLooking = async (): Promise<Kept> => {
		const room = await start();
		try {
			await room.requireLauncher();
			return room;
		} catch (error) {
			retire(room);
			throw error;
		}
	};
	const take = async (): Promise<Kept> => {
		// Their successors are not tried: where the image was damaged meanwhile, there would be no end of it.
		for (let tries = ahead.length; tries > 0; tries--) {
			const next = ahead.shift();
			refill();
			const room = (await next?.catch(() => null)) ?? null;
			// What could not be started ahead is tried again, so that the cause is today's.
			if (room === null) return start();
			if (room.isFit()) return room;
			retire(room);
			if (tries === 1) return startLooking();
		}
		refill();
		return start();
	};
	refill();
	return {
		take,
		close: async () => {
			closed = true;
			const left = await Promise.allSettled(ahead.splice(0));
			for (const each of left) if (each.status === "fulfilled") retire(each.value);
		},
	};
}
