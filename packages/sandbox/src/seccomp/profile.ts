import type { SeccompProfile } from "./seccomp-rule.ts";

const EPERM = 1;
const ENOSYS = 38;

const CLONE_NEW = 0x7e020080;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const S_IFMT = 0o170000;
const ADDR_NO_RANDOMIZE = 0x0040000;

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * What a candidate may ask of the kernel: an allow-list. A call that no rule names does not exist for it (`ENOSYS`), so
 * that programs fall back as on an older kernel; what is named as denied is refused (`EPERM`).
 */
export const profile: SeccompProfile = {
	otherwise: ENOSYS,
	rules: [
		{
			kind: "allow",
			reason: "files and directories: what they may touch is decided by the mounts",
			names:
				words(`read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 open openat openat2 creat close close_range
				lseek stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents getdents64
				getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
				chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes utimensat futimesat umask truncate ftruncate
				fallocate fadvise64 readahead sync syncfs fsync fdatasync sync_file_range flock copy_file_range sendfile splice tee vmsplice
				setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr
				fremovexattr setxattrat getxattrat listxattrat removexattrat inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
				cachestat memfd_create`),
		},
		{
			kind: "allow",
			reason: "descriptors, waiting and events",
			names:
				words(`dup dup2 dup3 fcntl pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_ctl_old
				epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime
				timerfd_gettime io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents`),
		},
		{
			kind: "allow",
			reason: "memory of one's own",
			names:
				words(`brk mmap munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall membarrier
				pkey_alloc pkey_free pkey_mprotect remap_file_pages mseal map_shadow_stack get_mempolicy`),
		},
		{
			kind: "allow",
			reason: "processes and threads of one's own; namespaces are a matter of `clone` below",
			names:
				words(`fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal getpid getppid
				gettid getpgid getpgrp setpgid getsid setsid set_tid_address set_robust_list get_robust_list futex futex_waitv
				futex_wake futex_wait futex_requeue rseq arch_prctl prctl seccomp landlock_create_ruleset landlock_add_rule
				landlock_restrict_self restart_syscall pause`),
		},
		{
			kind: "allow",
			reason: "signals",
			names:
				words(`rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
				rt_sigreturn sigaltstack alarm getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete`),
		},
		{
			kind: "allow",
			reason: "users and groups: one user is mapped, and there are no capabilities",
			names:
				words(`getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid
				setgroups setfsuid setfsgid capget capset`),
		},
		{
			kind: "allow",
			reason: "scheduling and limits: they can only be tightened",
			names:
				words(`sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler sched_setscheduler
				sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval getpriority setpriority
				ioprio_get ioprio_set getrlimit setrlimit prlimit64 getrusage times getcpu`),
		},
		{
			kind: "allow",
			reason: "time, randomness and what the machine is called",
			names: words(`time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep getrandom uname sysinfo`),
		},
		{
			kind: "allow",
			reason: "talking over sockets that exist; which can be made is a matter of `socket` below",
			names:
				words(`bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown sendto sendmsg sendmmsg
				recvfrom recvmsg recvmmsg`),
		},
		{
			kind: "allow",
			reason: "System V and POSIX IPC: in a namespace of its own",
			names:
				words(`shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink
				mq_timedsend mq_timedreceive mq_notify mq_getsetattr`),
		},
		{
			kind: "allow-when",
			reason: "local and internet sockets; AF_VSOCK would reach the hypervisor, packet and Bluetooth sockets the wire",
			name: "socket",
			anyOf: [
				[{ argument: 0, mask: 0xffffffff, equals: AF_UNIX }],
				[{ argument: 0, mask: 0xffffffff, equals: AF_INET }],
				[{ argument: 0, mask: 0xffffffff, equals: AF_INET6 }],
				[
					{ argument: 0, mask: 0xffffffff, equals: AF_NETLINK },
					{ argument: 2, mask: 0xffffffff, equals: NETLINK_ROUTE },
				],
			],
			otherwise: EPERM,
		},
		{
			kind: "allow-when",
			reason: "pairs are local",
			name: "socketpair",
			anyOf: [[{ argument: 0, mask: 0xffffffff, equals: AF_UNIX }]],
			otherwise: EPERM,
		},
		{
			kind: "allow-when",
			reason: "new processes and threads, no new namespaces",
			name: "clone",
			anyOf: [[{ argument: 0, mask: CLONE_NEW, equals: 0 }]],
			otherwise: EPERM,
		},
		{
			kind: "deny",
			reason: "its flags are behind a pointer, where a filter cannot look; C libraries fall back to `clone`",
			errno: ENOSYS,
			names: ["clone3"],
		},
		{
			kind: "allow-when",
			reason: "asking, Linux itself, and fixed addresses; the others weaken the process or bring old code alive",
			name: "personality",
			anyOf: [0, 0xffffffff, ADDR_NO_RANDOMIZE].map((equals) => [{ argument: 0, mask: 0xffffffff, equals }]),
			otherwise: EPERM,
		},
		{
			kind: "allow-unless",
			reason: "controls of devices, but for typing into a terminal (compare CVE-2017-5226)",
			name: "ioctl",
			argument: 1,
			noneOf: [TIOCSTI, TIOCLINUX],
			otherwise: EPERM,
		},
		...(["mknod", "mknodat"] as const).map((name, index) => ({
			kind: "allow-when" as const,
			reason: "regular files and fifos; a device 0:0 would read as a deletion",
			name,
			anyOf: [0, 0o100000, 0o010000].map((equals) => [{ argument: 1 + index, mask: S_IFMT, equals }]),
			otherwise: EPERM,
		})),
		{
			kind: "deny",
			reason: "doors into the kernel that programs try and do without",
			errno: ENOSYS,
			names: words("io_uring_setup io_uring_enter io_uring_register userfaultfd memfd_secret"),
		},
		{
			kind: "deny",
			reason: "mounts and namespaces",
			errno: EPERM,
			names:
				words(`mount umount2 pivot_root chroot unshare setns fsopen fsconfig fsmount fspick move_mount open_tree mount_setattr
				statmount listmount`),
		},
		{
			kind: "deny",
			reason: "other processes' insides",
			errno: EPERM,
			names: words("ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp"),
		},
		{
			kind: "deny",
			reason: "files by handle, around every mount",
			errno: EPERM,
			names: words("open_by_handle_at name_to_handle_at fanotify_init fanotify_mark"),
		},
		{
			kind: "deny",
			reason: "the kernel's own programs, keys and counters",
			errno: EPERM,
			names: words("bpf perf_event_open add_key request_key keyctl lookup_dcookie"),
		},
		{
			kind: "deny",
			reason: "the machine",
			errno: EPERM,
			names:
				words(`kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd
				syslog settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname iopl ioperm modify_ldt vhangup nfsservctl
				mbind set_mempolicy set_mempolicy_home_node migrate_pages move_pages`),
		},
	],
};
