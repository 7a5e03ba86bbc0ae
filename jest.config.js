export default {
  testMatch: ['<rootDir>/packages/*/dist-test/**/*.test.js', '<rootDir>/docs/dist-test/**/*.test.js'],
  transform: {},
  testEnvironment: './tools/jest-environment.js',
  reporters: ['default', './tools/jest-summary.js'],
  testTimeout: 60_000,
  maxWorkers: '100%',
};
