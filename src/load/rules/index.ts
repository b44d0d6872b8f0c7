// All rules: those of the kinds, those of all guests, and those across kinds. All of them run, so that all problems are reported at once.

import {
  fixedAddressesHaveAGateway,
  gatewaysFitTheirAddresses,
  guestAddressesFit,
  hostGatewayIsReachable,
  macsAreUnicast,
} from '../../managers/guest/rules/addresses.ts';
import { cloneSourcesComeEarly, dependenciesStartFirst } from '../../managers/guest/rules/boot.ts';
import {
  cloneSourcesAreReady,
  cloneSourcesCanBeCopied,
  clonesAreNotSmaller,
} from '../../managers/guest/rules/clones.ts';
import { authorityComesFirst, dependenciesAreAcyclic } from '../../managers/guest/rules/dependency-cycle.ts';
import {
  addressesAreUnique,
  idsAreUnique,
  interfacesAreConsistent,
  macsAreUnique,
  namesAreUnique,
  serviceNamesAreUnique,
} from '../../managers/guest/rules/duplicates.ts';
import { featuresHaveTheirInputs } from '../../managers/guest/rules/features.ts';
import {
  firewallOfGuestsIsOn,
  firewallRulesAreDifferent,
  guestsHaveAFirewall,
  namedAddressesAreOwned,
  openRulesNameASource,
} from '../../managers/guest/rules/firewall-reach.ts';
import { firewallRulesCount } from '../../managers/guest/rules/firewall-syntax.ts';
import {
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  otherNamesAreHostnames,
} from '../../managers/guest/rules/hostnames.ts';
import { packetsFitTheirBridges } from '../../managers/guest/rules/packets.ts';
import { poolsAreDeclaredOnce, poolsComeBeforeTheirGuests } from '../../managers/guest/rules/pools.ts';
import { protectedGuestsExist } from '../../managers/guest/rules/protected.ts';
import {
  bridgesAreSpeltRight,
  datasetPoolsExist,
  namedGuestsExist,
  usedEnvironmentsExist,
} from '../../managers/guest/rules/references.ts';
import { neededRolesAreGiven, rolesAreUnique } from '../../managers/guest/rules/roles.ts';
import { fieldsHaveAnEffect } from '../../managers/guest/rules/without-effect.ts';
import type { Kind } from '../../managers/kind.ts';
import type { Rule } from '../../managers/rule.ts';
import { formatsOf } from '../formats.ts';
import { gpusAreNotOvercommitted, memoryIsNotOvercommitted, nothingWipesDisks, quotasFitThePools } from './capacity.ts';
import { filesHoldTheirContent } from './content.ts';
import { defaultsAreThere, guestsHaveOneOrigin, imagesHaveAChecksum, somethingIsDeclared } from './creation.ts';
import { driftNamesExist } from './drift.ts';
import { filesOfStacksExist, namedScriptsExist, usedStacksAreComplete } from './files.ts';
import { targetNamesFit } from './names.ts';
import { filesAreJson, filesHaveTheirNames } from './other-format.ts';
import { secretFoldersStayOnTheHost } from './secret-folders.ts';
import {
  appliancesAreUnpacked,
  disksOfTheHostAreUsedOnce,
  mountsHavePlaces,
  storagesCanBeMade,
  storagesOfFilesExist,
  storagesTakeTheirContent,
} from './storage.ts';

/** These run first: consequences of a wrong address are not reported. Diagnostics without a target concern the host's address. */
export const ADDRESS_RULES: readonly Rule[] = [hostGatewayIsReachable, guestAddressesFit, addressesAreUnique];

/** Rules of all guests and across kinds. */
const ACROSS: readonly Rule[] = [
  somethingIsDeclared,
  guestsHaveOneOrigin,
  imagesHaveAChecksum,
  defaultsAreThere,
  namedScriptsExist,
  usedStacksAreComplete,
  filesOfStacksExist,
  filesHoldTheirContent,
  otherNamesAreHostnames,
  targetNamesFit,
  agentsHaveAHostname,
  guestNamesAreHostnames,
  guestNamesHaveNoDots,
  namedGuestsExist,
  bridgesAreSpeltRight,
  packetsFitTheirBridges,
  poolsAreDeclaredOnce,
  poolsComeBeforeTheirGuests,
  protectedGuestsExist,
  usedEnvironmentsExist,
  rolesAreUnique,
  neededRolesAreGiven,
  featuresHaveTheirInputs,
  fieldsHaveAnEffect,
  datasetPoolsExist,
  dependenciesAreAcyclic,
  authorityComesFirst,
  idsAreUnique,
  namesAreUnique,
  interfacesAreConsistent,
  macsAreUnique,
  serviceNamesAreUnique,
  gatewaysFitTheirAddresses,
  fixedAddressesHaveAGateway,
  macsAreUnicast,
  storagesTakeTheirContent,
  storagesOfFilesExist,
  storagesCanBeMade,
  mountsHavePlaces,
  disksOfTheHostAreUsedOnce,
  appliancesAreUnpacked,
  cloneSourcesAreReady,
  cloneSourcesCanBeCopied,
  clonesAreNotSmaller,
  dependenciesStartFirst,
  cloneSourcesComeEarly,
  firewallRulesCount,
  firewallRulesAreDifferent,
  namedAddressesAreOwned,
  openRulesNameASource,
  firewallOfGuestsIsOn,
  guestsHaveAFirewall,
  secretFoldersStayOnTheHost,
  gpusAreNotOvercommitted,
  memoryIsNotOvercommitted,
  quotasFitThePools,
  nothingWipesDisks,
];

export function rulesOf(kinds: readonly Kind[]): readonly Rule[] {
  const formats = formatsOf(kinds);
  const areJson: Rule = (context) => filesAreJson(context, formats);
  const haveTheirNames: Rule = (context) => filesHaveTheirNames(context, formats);
  const kindsOfDrift: Rule = (context) => driftNamesExist(context, kinds);
  const ofFiles = [areJson, haveTheirNames, kindsOfDrift];
  return [...ofFiles, ...kinds.flatMap(({ declares }) => declares.rules ?? []), ...ACROSS];
}
