// Every rule, one line each. All of them run, so that all problems are shown at once.

import { filesHoldTheirContent } from './content.ts';
import { filesOfStacksExist, namedScriptsExist, usedStacksAreComplete } from './files.ts';
import { cloneSourcesComeEarly, dependenciesStartFirst } from './guests/boot.ts';
import {
  gpusAreNotOvercommitted,
  memoryIsNotOvercommitted,
  nothingWipesDisks,
  quotasFitThePools,
} from './guests/capacity.ts';
import { cloneSourcesAreReady, clonesAreNotSmaller } from './guests/clones.ts';
import { defaultsAreThere, guestsHaveOneOrigin, imagesHaveAChecksum, somethingIsDeclared } from './guests/creation.ts';
import { authorityComesFirst, dependenciesHaveAnOrder } from './guests/dependency-cycle.ts';
import {
  addressesAreUnique,
  idsAreUnique,
  macsAreUnique,
  namesAreUnique,
  serviceNamesAreUnique,
} from './guests/duplicates.ts';
import { featuresHaveTheirInputs } from './guests/features.ts';
import { mountPathsAreUnique, volumeNamesAreUnique } from './guests/mounts.ts';
import { protectedGuestsExist } from './guests/protected.ts';
import { datasetPoolsExist, namedGuestsExist, usedEnvironmentsExist } from './guests/references.ts';
import { neededRolesAreGiven, rolesAreUnique } from './guests/roles.ts';
import { mountsHavePlaces, storagesCanBeMade, storagesTakeTheirContent } from './guests/storage.ts';
import { targetNamesFit } from './names.ts';
import {
  fixedAddressesHaveAGateway,
  gatewaysFitTheirAddresses,
  guestAddressesFit,
  hostGatewayIsReachable,
  macsAreUnicast,
} from './network/addresses.ts';
import {
  firewallOfGuestsIsOn,
  firewallRulesAreDifferent,
  guestsHaveAFirewall,
  namedAddressesAreOwned,
  openRulesNameASource,
} from './network/firewall-reach.ts';
import { firewallRulesCount } from './network/firewall-syntax.ts';
import {
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  otherNamesAreHostnames,
} from './network/hostnames.ts';
import { agentCanFetch, hostStaysReachable } from './network/lockout.ts';
import { dnsNamesLeadToOneAddress, guestsAskTheHostForNames, hostAsksServersThatAnswer } from './network/names.ts';
import { mountedPathsAreExported } from './network/nfs.ts';
import type { Rule } from './rule.ts';
import {
  acmeNamesCanBeProved,
  certificatesAreApart,
  certificatesLieUnderAMount,
  commonNamesAreAmongTheNames,
  gatewayCertificatesHoldEveryName,
  hooksNameGuests,
  keysAreNotWorldReadable,
  ownersHaveNumbers,
} from './services/certificates.ts';
import { containerNamesAreFree, portsAreFree } from './services/claims.ts';
import {
  externalNetworksAreMade,
  externalVolumesAreProvided,
  profilesAreAskedFor,
  variablesAreSet,
} from './services/compose.ts';
import { stacksHoldAllTheyNeed } from './services/deployable.ts';
import { portainerRolesHaveAServer } from './services/portainer.ts';
import { secretFoldersStayOnTheHost } from './services/secret-folders.ts';
import { secretFoldersHaveOneOwner } from './services/shared-paths.ts';
import { labelsAreUnderstood } from './services/traefik-labels.ts';

/** They go first: what an address that is wrong in itself would lead to is not said. Findings without a target are about the host's. */
export const ADDRESS_RULES: readonly Rule[] = [hostGatewayIsReachable, guestAddressesFit, addressesAreUnique];

export const RULES: readonly Rule[] = [
  somethingIsDeclared,
  guestsHaveOneOrigin,
  imagesHaveAChecksum,
  defaultsAreThere,
  namedScriptsExist,
  usedStacksAreComplete,
  filesOfStacksExist,
  filesHoldTheirContent,
  variablesAreSet,
  externalVolumesAreProvided,
  externalNetworksAreMade,
  profilesAreAskedFor,
  stacksHoldAllTheyNeed,
  portainerRolesHaveAServer,
  portsAreFree,
  containerNamesAreFree,
  hooksNameGuests,
  certificatesLieUnderAMount,
  keysAreNotWorldReadable,
  acmeNamesCanBeProved,
  certificatesAreApart,
  ownersHaveNumbers,
  commonNamesAreAmongTheNames,
  gatewayCertificatesHoldEveryName,
  otherNamesAreHostnames,
  targetNamesFit,
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  namedGuestsExist,
  protectedGuestsExist,
  usedEnvironmentsExist,
  rolesAreUnique,
  neededRolesAreGiven,
  featuresHaveTheirInputs,
  datasetPoolsExist,
  dependenciesHaveAnOrder,
  authorityComesFirst,
  idsAreUnique,
  namesAreUnique,
  macsAreUnique,
  serviceNamesAreUnique,
  volumeNamesAreUnique,
  mountPathsAreUnique,
  gatewaysFitTheirAddresses,
  fixedAddressesHaveAGateway,
  macsAreUnicast,
  storagesTakeTheirContent,
  storagesCanBeMade,
  mountsHavePlaces,
  cloneSourcesAreReady,
  clonesAreNotSmaller,
  dependenciesStartFirst,
  cloneSourcesComeEarly,
  firewallRulesCount,
  firewallRulesAreDifferent,
  namedAddressesAreOwned,
  openRulesNameASource,
  firewallOfGuestsIsOn,
  guestsHaveAFirewall,
  hostStaysReachable,
  agentCanFetch,
  mountedPathsAreExported,
  dnsNamesLeadToOneAddress,
  labelsAreUnderstood,
  guestsAskTheHostForNames,
  hostAsksServersThatAnswer,
  secretFoldersHaveOneOwner,
  secretFoldersStayOnTheHost,
  gpusAreNotOvercommitted,
  memoryIsNotOvercommitted,
  quotasFitThePools,
  nothingWipesDisks,
];
