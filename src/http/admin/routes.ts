/** All routes of the admin API, in the order the documentation shows them. */
import { createAlertChannel } from './alerts/create-alert-channel.ts'
import { showAlertChannels } from './alerts/list-alert-channels.ts'
import { showAlerts } from './alerts/list-alerts.ts'
import { removeAlertChannel } from './alerts/remove-alert-channel.ts'
import { rotateAlertSecret } from './alerts/rotate-alert-secret.ts'
import { showAlertChannel } from './alerts/show-alert-channel.ts'
import { testAlertChannel } from './alerts/test-alert-channel.ts'
import { updateAlertChannel } from './alerts/update-alert-channel.ts'
import { showAudit } from './audit/list-audit.ts'
import { showBudgets } from './budgets/list-budgets.ts'
import { putBudget } from './budgets/put-budget.ts'
import { removeBudget } from './budgets/remove-budget.ts'
import { showDecisions } from './decisions/list-decisions.ts'
import { showDecision } from './decisions/show-decision.ts'
import type { AdminRoute } from './define-route.ts'
import { bootstrap } from './identity/bootstrap.ts'
import { showMe } from './identity/show-me.ts'
import { createKey } from './keys/create-key.ts'
import { showKeys } from './keys/list-keys.ts'
import { revokeKey } from './keys/revoke-key.ts'
import { rotateKey } from './keys/rotate-key.ts'
import { showKey } from './keys/show-key.ts'
import { updateKey } from './keys/update-key.ts'
import { showMembers } from './members/list-members.ts'
import { putMember } from './members/put-member.ts'
import { removeMember } from './members/remove-member.ts'
import { showModels } from './models/list-models.ts'
import { diffPolicy } from './policy/diff-policy.ts'
import { dryRunPolicy } from './policy/dry-run-policy.ts'
import { showPolicyVersions } from './policy/list-policy-versions.ts'
import { putPolicy } from './policy/put-policy.ts'
import { rollBackPolicy } from './policy/roll-back-policy.ts'
import { showPolicyVersion } from './policy/show-policy-version.ts'
import { showPolicy } from './policy/show-policy.ts'
import { validatePolicy } from './policy/validate-policy.ts'
import { showProviders } from './providers/list-providers.ts'
import { createTeam } from './teams/create-team.ts'
import { showTeams } from './teams/list-teams.ts'
import { showTeam } from './teams/show-team.ts'
import { updateTeam } from './teams/update-team.ts'
import { createToken } from './tokens/create-token.ts'
import { showTokens } from './tokens/list-tokens.ts'
import { revokeToken } from './tokens/revoke-token.ts'
import { showUsage } from './usage/show-usage.ts'

export const ADMIN_ROUTES: readonly AdminRoute[] = [
  bootstrap,
  showMe,
  createTeam,
  showTeams,
  showTeam,
  updateTeam,
  createKey,
  showKeys,
  showKey,
  updateKey,
  rotateKey,
  revokeKey,
  putBudget,
  showBudgets,
  removeBudget,
  showPolicy,
  putPolicy,
  validatePolicy,
  showPolicyVersions,
  showPolicyVersion,
  diffPolicy,
  rollBackPolicy,
  dryRunPolicy,
  showModels,
  showProviders,
  showUsage,
  showDecisions,
  showDecision,
  showAlerts,
  createAlertChannel,
  showAlertChannels,
  showAlertChannel,
  updateAlertChannel,
  rotateAlertSecret,
  testAlertChannel,
  removeAlertChannel,
  showMembers,
  putMember,
  removeMember,
  createToken,
  showTokens,
  revokeToken,
  showAudit,
]
