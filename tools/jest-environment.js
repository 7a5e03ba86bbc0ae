import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/**
 * Node test environment whose context is a plain realm: global look-ups cost what they cost in Node.
 * With Jest's own context every look-up goes through an interceptor, and ML-DSA becomes 1.6 times slower.
 */
export default class PlainRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    const createContext = vm.createContext;
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }
}
