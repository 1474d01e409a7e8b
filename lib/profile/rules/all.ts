import {
  endpointsAreReachable,
  hostsAreDistinct,
  neighboursHavePrivateAddresses,
  portsDoNotClash,
  privateAddressesAreDistinct,
} from './addresses.ts';
import { firewallKnowsSources, openingsAreReachable, openingsAreSound } from './firewall.ts';
import {
  componentsAreComplete,
  domainsAreServed,
  groupsNameHosts,
  middlemanReachesProvider,
  modesFitGroups,
} from './groups.ts';
import { applicationsFit } from './igniter.ts';
import { imagesFit, imagesFitProcessors } from './images.ts';
import { managedServicesAreComplete } from './managed.ts';
import { alertsCanBeSent } from './monitoring.ts';
import { orderIsPossible } from './order.ts';
import { pocketdIsPinned } from './pocketd.ts';
import { certificatesCanBeHad, portalIsGuarded } from './proxy.ts';
import { relayersHaveServices, servicesAreSound } from './relayminer.ts';
import type { Rule } from './rule.ts';

/** Every rule, in the order in which its problems are most useful. */
export const RULES: readonly Rule[] = [
  hostsAreDistinct,
  privateAddressesAreDistinct,
  groupsNameHosts,
  modesFitGroups,
  managedServicesAreComplete,
  componentsAreComplete,
  domainsAreServed,
  middlemanReachesProvider,
  applicationsFit,
  certificatesCanBeHad,
  portalIsGuarded,
  alertsCanBeSent,
  relayersHaveServices,
  servicesAreSound,
  neighboursHavePrivateAddresses,
  firewallKnowsSources,
  openingsAreSound,
  openingsAreReachable,
  endpointsAreReachable,
  portsDoNotClash,
  imagesFit,
  imagesFitProcessors,
  pocketdIsPinned,
  orderIsPossible,
];
