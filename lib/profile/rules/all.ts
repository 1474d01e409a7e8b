import {
  endpointsAreReachable,
  hostsAreDistinct,
  neighboursHavePrivateAddresses,
  portsDoNotClash,
} from './addresses.ts';
import {
  componentsAreComplete,
  domainsAreServed,
  groupsNameHosts,
  middlemanReachesProvider,
  modesFitGroups,
} from './groups.ts';
import { imagesFit, imagesFitProcessors } from './images.ts';
import { managedServicesAreComplete } from './managed.ts';
import { orderIsPossible } from './order.ts';
import { certificatesCanBeHad } from './proxy.ts';
import { relayersHaveServices, servicesAreSound } from './relayminer.ts';
import type { Rule } from './rule.ts';

/** Every rule, in the order in which its problems are most useful. */
export const RULES: readonly Rule[] = [
  hostsAreDistinct,
  groupsNameHosts,
  modesFitGroups,
  managedServicesAreComplete,
  componentsAreComplete,
  domainsAreServed,
  middlemanReachesProvider,
  certificatesCanBeHad,
  relayersHaveServices,
  servicesAreSound,
  neighboursHavePrivateAddresses,
  endpointsAreReachable,
  portsDoNotClash,
  imagesFit,
  imagesFitProcessors,
  orderIsPossible,
];
