import {
  endpointsAreReachable,
  hostsAreDistinct,
  neighboursHavePrivateAddresses,
  portsDoNotClash,
} from './addresses.ts';
import { componentsAreComplete, groupsNameHosts } from './groups.ts';
import { imagesFit } from './images.ts';
import { orderIsPossible } from './order.ts';
import { relayersHaveServices, servicesAreSound } from './relayminer.ts';
import type { Rule } from './rule.ts';

/** Every rule, in the order in which its problems are most useful. */
export const RULES: readonly Rule[] = [
  hostsAreDistinct,
  groupsNameHosts,
  componentsAreComplete,
  relayersHaveServices,
  servicesAreSound,
  neighboursHavePrivateAddresses,
  endpointsAreReachable,
  portsDoNotClash,
  imagesFit,
  orderIsPossible,
];
