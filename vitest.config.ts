import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		pool: "forks",
		maxWorkers: 2,
		testTimeout: 180_000,
		hookTimeout: 300_000,
		projects: [
			{
				extends: true,
				test: {
					name: "retake",
					include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
					exclude: ["test/hostile/**", "**/node_modules/**"],
				},
			},
			{
				extends: true,
				test: {
					name: "hostile",
					include: ["test/hostile/*.test.ts"],
					// One Docker daemon for all rows.
					globalSetup: ["test/hostile/ground/docker-service.ts"],
				},
			},
		],
	},
});
