package cronjob

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// lag is how long after its scheduled time a Job is started.
const lag = 100 * time.Millisecond

// manyMissed is how many missed times are worth a warning.
const manyMissed = 100

// formatted is the schedule with its time zone, as the parser wants it.
func (s *session) formatted() string {
	text := s.cron.Spec.Schedule
	if strings.Contains(text, "TZ") {
		s.warn("UnsupportedSchedule", "CRON_TZ or TZ used in schedule %q is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details", text)
		return text
	}
	if zone := s.cron.Spec.TimeZone; zone != nil {
		return fmt.Sprintf("TZ=%s %s", *zone, text)
	}
	return text
}

// missed is what of a schedule has passed since the last start.
type missed struct {
	since  time.Time // the last start, or the creation
	latest time.Time // the latest scheduled time up to now, zero for none
	many   bool
}

// missed looks at the schedule since the last start; deadline limits how far
// back.
func (s *session) missed(schedule cron.Schedule, deadline bool) (missed, error) {
	m := missed{since: s.cron.CreationTimestamp.UTC()}
	if last := s.cron.Status.LastScheduleTime; last != nil {
		m.since = last.UTC()
	}
	if limit := s.cron.Spec.StartingDeadlineSeconds; deadline && limit != nil {
		if earliest := s.now.Add(-time.Duration(*limit) * time.Second); earliest.After(m.since) {
			m.since = earliest
		}
	}
	first := schedule.Next(m.since)
	second := schedule.Next(first)
	if s.now.Before(first) {
		return m, nil
	}
	if s.now.Before(second) {
		m.latest = first
		return m, nil
	}
	period := second.Sub(first).Round(time.Second)
	if period < time.Second {
		return m, fmt.Errorf("time difference between two schedules is less than 1 second")
	}
	// Walking from the start would take long where years have been missed, so
	// walk from shortly before now: schedules are regular enough for that.
	n := int64(s.now.Sub(first)/period) + 1
	m.many = n > manyMissed
	for t := schedule.Next(first.Add(time.Duration(n-2) * period)); !t.After(s.now); t = schedule.Next(t) {
		m.latest = t
	}
	return m, nil
}

// due is the scheduled time that asks for a Job now, zero for none; ok is false
// for a schedule that can't be followed.
func (s *session) due(schedule cron.Schedule) (due time.Time, ok bool) {
	m, err := s.missed(schedule, true)
	if err != nil {
		s.warn("InvalidSchedule", "invalid schedule: %s : %s", s.cron.Spec.Schedule, err)
		return time.Time{}, false
	}
	if m.many && !m.latest.IsZero() {
		s.warn("TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
	}
	return m.latest, true
}

// untilNext is the time until the schedule must be looked at again.
func (s *session) untilNext(schedule cron.Schedule) time.Duration {
	from := s.now
	if m, err := s.missed(schedule, false); err == nil {
		switch {
		case !m.latest.IsZero():
			from = m.latest
		case !m.many:
			from = m.since
		}
	}
	next := schedule.Next(from)
	if next.IsZero() {
		return 0
	}
	return next.Add(lag).Sub(s.now)
}

// tooLate reports whether the deadline for starting has passed.
func (s *session) tooLate(due time.Time) bool {
	limit := s.cron.Spec.StartingDeadlineSeconds
	return limit != nil && due.Add(time.Duration(*limit)*time.Second).Before(s.now)
}

// startedBefore reports whether the Job of a scheduled time has been started.
func (s *session) startedBefore(due time.Time) bool {
	for _, ref := range s.cron.Status.Active {
		if ref.Name == s.jobName(due) {
			return true
		}
	}
	last := s.cron.Status.LastScheduleTime
	return last != nil && last.Time.Equal(due)
}
