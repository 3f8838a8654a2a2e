/** Unit tests live beside what they test; scenarios need the local stack and run one at a time. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/.alphapulse'],
};
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/schemas', '<rootDir>/scripts', '<rootDir>/topics'],
      testMatch: ['**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'integration',
      roots: ['<rootDir>/integration-tests'],
      testMatch: ['**/*.test.ts'],
      globalSetup: '<rootDir>/integration-tests/harness/global-setup.ts',
      globalTeardown: '<rootDir>/integration-tests/harness/global-teardown.ts',
    },
  ],
};
