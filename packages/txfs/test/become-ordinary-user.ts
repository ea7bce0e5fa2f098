// To be imported first. Each test file has a process of its own, whose whole power over files goes with root's ids: capabilities(7).
const user = 61_500;

if (process.getuid?.() === 0) {
	process.setgroups?.([]);
	process.setgid?.(user);
	process.setuid?.(user);
}
