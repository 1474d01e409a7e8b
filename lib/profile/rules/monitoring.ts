import { RECEIVER_SECRETS } from '../../monitoring/alertmanager-config.ts';
import { membersOf } from '../membership.ts';
import type { Rule } from './rule.ts';

/** People can be told of alerts: something watches, and the secret of each way is known. */
export const alertsCanBeSent: Rule = (profile, report) => {
  const { alerts } = profile.monitoring;
  if (alerts.length > 0 && membersOf(profile, 'monitoring_hosts').length === 0) {
    report(['monitoring', 'alerts'], 'needs a host in monitoring_hosts, which would send them');
  }
  alerts.forEach((receiver, index) => {
    const name = RECEIVER_SECRETS[receiver];
    if (alerts.indexOf(receiver) < index) {
      report(['monitoring', 'alerts', index], `"${receiver}" is listed twice`);
    } else if (profile.secrets[name] === undefined) {
      report(['secrets', name], `missing, expected it with monitoring.alerts: [${receiver}]`);
    }
  });
};
