// Every rule, one line each. All of them run, so that all problems are shown at once.

import { guestAddressesFit, hostGatewayIsReachable, macsAreUnicast } from './addresses.ts';
import { cloneSourcesComeEarly, dependenciesStartFirst } from './boot.ts';
import { gpusAreNotOvercommitted, memoryIsNotOvercommitted, nothingWipesDisks, quotasFitThePools } from './capacity.ts';
import {
  acmeNamesCanBeProved,
  certificatesAreApart,
  certificatesLieUnderAMount,
  commonNamesAreAmongTheNames,
  gatewayCertificatesHoldEveryName,
  hooksNameGuests,
  keysAreNotWorldReadable,
  ownersHaveNumbers,
} from './certificates.ts';
import { cloneSourcesAreReady, clonesAreNotSmaller } from './clones.ts';
import { externalVolumesAreProvided, variablesAreSet } from './compose.ts';
import { defaultsAreThere, guestsHaveOneOrigin, imagesHaveAChecksum, somethingIsDeclared } from './creation.ts';
import { authorityComesFirst, dependenciesHaveAnOrder } from './dependency-cycle.ts';
import {
  addressesAreUnique,
  idsAreUnique,
  macsAreUnique,
  namesAreUnique,
  serviceNamesAreUnique,
} from './duplicates.ts';
import { featuresHaveTheirInputs } from './features.ts';
import { filesOfStacksExist, namedScriptsExist, usedStacksAreComplete } from './files.ts';
import {
  firewallRulesAreDifferent,
  guestsHaveAFirewall,
  namedAddressesAreOwned,
  openRulesNameASource,
} from './firewall-reach.ts';
import { firewallRulesAreReadable } from './firewall-syntax.ts';
import {
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  otherNamesAreHostnames,
} from './hostnames.ts';
import { agentCanFetch, hostStaysReachable } from './lockout.ts';
import { dnsNamesLeadToOneAddress, guestsAskTheHostForNames, hostAsksServersThatAnswer } from './names.ts';
import { mountedPathsAreExported } from './nfs.ts';
import { datasetPoolsExist, namedGuestsExist, usedEnvironmentsExist } from './references.ts';
import { neededRolesAreGiven, rolesAreUnique } from './roles.ts';
import type { Rule } from './rule.ts';
import { secretFoldersHaveOneOwner } from './shared-paths.ts';
import { storagesTakeTheirContent } from './storage.ts';
import { labelsAreUnderstood } from './traefik-labels.ts';

export const RULES: readonly Rule[] = [
  somethingIsDeclared,
  guestsHaveOneOrigin,
  imagesHaveAChecksum,
  defaultsAreThere,
  namedScriptsExist,
  usedStacksAreComplete,
  filesOfStacksExist,
  variablesAreSet,
  externalVolumesAreProvided,
  hooksNameGuests,
  certificatesLieUnderAMount,
  keysAreNotWorldReadable,
  acmeNamesCanBeProved,
  certificatesAreApart,
  ownersHaveNumbers,
  commonNamesAreAmongTheNames,
  gatewayCertificatesHoldEveryName,
  otherNamesAreHostnames,
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  namedGuestsExist,
  usedEnvironmentsExist,
  rolesAreUnique,
  neededRolesAreGiven,
  featuresHaveTheirInputs,
  datasetPoolsExist,
  dependenciesHaveAnOrder,
  authorityComesFirst,
  idsAreUnique,
  namesAreUnique,
  addressesAreUnique,
  macsAreUnique,
  serviceNamesAreUnique,
  guestAddressesFit,
  hostGatewayIsReachable,
  macsAreUnicast,
  storagesTakeTheirContent,
  cloneSourcesAreReady,
  clonesAreNotSmaller,
  dependenciesStartFirst,
  cloneSourcesComeEarly,
  firewallRulesAreReadable,
  firewallRulesAreDifferent,
  namedAddressesAreOwned,
  openRulesNameASource,
  guestsHaveAFirewall,
  hostStaysReachable,
  agentCanFetch,
  mountedPathsAreExported,
  dnsNamesLeadToOneAddress,
  labelsAreUnderstood,
  guestsAskTheHostForNames,
  hostAsksServersThatAnswer,
  secretFoldersHaveOneOwner,
  gpusAreNotOvercommitted,
  memoryIsNotOvercommitted,
  quotasFitThePools,
  nothingWipesDisks,
];
