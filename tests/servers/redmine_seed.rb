# What the Redmine of the tests begins with. Run once by "rails runner"; the last line that it prints is JSON.
require 'json'
MANY = 130
PASSWORD = 'lab-password'
LOCATIONS = ['HQ / 0 / Reception', 'HQ / 2 / 2.14', 'HQ / 3 / 3.07', 'Annex / 1 / Workshop']

ActionMailer::Base.perform_deliveries = false
ActiveJob::Base.queue_adapter = :inline # in a thread of its own it would lock the database
{ rest_api_enabled: '1', login_required: '1', notified_events: [], text_formatting: 'textile', default_language: 'en' }.each do |name, value|
  Setting[name] = value
end
Redmine::DefaultData::Loader.load('en')

status = IssueStatus.all.index_by(&:name)
bug, feature, support = %w[Bug Feature Support].map { |name| Tracker.find_by!(name: name) }
manager, developer, reporter = %w[Manager Developer Reporter].map { |name| Role.find_by!(name: name) }

# Employees see their own tickets, and may change them; visitors are as a fresh Redmine makes reporters.
visitor = Role.create!(name: 'Visitor', permissions: reporter.permissions, issues_visibility: 'own')
reporter.add_permission!(:edit_own_issues)
reporter.update!(issues_visibility: 'own')
developer.add_permission!(:view_private_notes, :set_notes_private, :edit_issues)
steps = { 'New' => ['Rejected'], 'In Progress' => ['Rejected'], 'Feedback' => ['Rejected', 'In Progress'], 'Resolved' => ['In Progress'] }
steps.each do |from, names|
  names.each { |to| WorkflowTransition.create!(tracker: bug, role: reporter, old_status: status[from], new_status: status[to]) }
end
[bug, support].each { |one| WorkflowTransition.create!(tracker: one, role: developer, old_status: status['New'], new_status: status['Rejected']) }
WorkflowTransition.where(role: reporter).each { |one| WorkflowTransition.create!(one.attributes.except('id').merge('role_id' => visitor.id)) }

def person(login, first, last, admin: false, language: 'en', mail: "#{login}@lab.example")
  made = User.new(firstname: first, lastname: last, mail: mail, language: language, mail_notification: 'none')
  made.login, made.admin = login, admin
  made.password = made.password_confirmation = PASSWORD
  made.save!
  made
end
people = {
  service: person('svc-workplace', 'Workplace', 'Service', admin: true),
  plain: person('svc-plain', 'Workplace', 'Plain'),
  caretaker: person('fac.agent', 'Fatima', 'Caretaker'),
  operator: person('ict.agent', 'Ivo', 'Operator'),
  anna: person('a.devries', 'Anna', 'de Vries'),
  jeroen: person('j.smit', 'Jeroen', 'Smit', language: 'nl'),
  meryem: person('m.ozturk', 'Meryem', 'Öztürk'),
  visitor: person('v.visitor', 'Vera', 'Visitor'),
  stranger: person('s.tranger', 'Sam', 'Tranger')
}
people[:jeroen].pref.update!(comments_sorting: 'desc')

# For the connector of docs/plugins/rest.md: who is whose manager, what people know, and someone who left.
UserCustomField.create!(name: 'Manager', field_format: 'string')
UserCustomField.create!(name: 'Knows', field_format: 'text')
knowing = { anna: ['m.ozturk', "printers\nfirst aid"], jeroen: ['m.ozturk', ''], meryem: [nil, 'budgets'] }
knowing.each do |who, (manager_login, topics)|
  values = { 'Manager' => manager_login, 'Knows' => topics }
  fresh = User.find(people[who].id) # which knows of the fields
  fresh.custom_field_values = UserCustomField.all.to_h { |one| [one.id.to_s, values[one.name]] }
  fresh.save!
end
person('g.one', 'Gina', 'One').lock!

def field(name, format, trackers, **more)
  IssueCustomField.create!(name: name, field_format: format, is_for_all: true, is_filter: true, trackers: trackers, **more)
end
used = [bug, support]
fields = {
  key: field('Workplace key', 'string', used),
  asset: field('Asset tag', 'string', used, regexp: '^[A-Z]{2}-\d{5}$', max_length: 8),
  place: field('Location', 'list', used, possible_values: LOCATIONS),
  impact: field('Impact', 'list', [bug], possible_values: ['One person', 'Department', 'Everybody']),
  since: field('Since', 'string', used),
  contact: field('Contact', 'string', used),
  major: field('Major disruption', 'bool', [bug]),
  resolution: field('Resolution', 'text', used),
  more: field('More by', 'string', used),
  requester: field('Requester', 'string', used),
  unsearchable: field('Not for searching', 'string', used, is_filter: false),
  elsewhere: field('Of features', 'string', [feature])
}

projects = { 'facilities' => ['Facilities', %w[Heating Lighting Furniture], :caretaker], 'ict' => ['ICT', %w[Mail Network], :operator] }
projects = projects.to_h do |identifier, (name, categories, lead)|
  project = Project.new(name: name, is_public: false)
  project.identifier, project.enabled_module_names, project.trackers = identifier, ['issue_tracking'], [bug, feature, support]
  project.save!
  members = { service: manager, plain: manager, lead => developer, anna: reporter, jeroen: reporter, meryem: reporter, visitor: visitor }
  members.each { |who, role| Member.create!(project: project, principal: people[who], roles: [role]) }
  categories.each { |one| IssueCategory.create!(project: project, name: one) }
  [identifier, project]
end

MANY.times do |number|
  issue = Issue.new(project: projects['facilities'], author: people[:meryem], subject: "Lamp #{number + 1} flickers",
                    description: "Seeded ticket number #{number + 1}.", priority: IssuePriority.default)
  issue.tracker, issue.status = bug, status['Closed']
  issue.custom_field_values = { fields[:place].id.to_s => LOCATIONS[number % 4], fields[:requester].id.to_s => 'm.ozturk' }
  issue.save!
end

puts JSON.generate(
  keys: people.values.to_h { |one| [one.login, one.reload.api_key] },
  users: people.values.to_h { |one| [one.login, one.id] },
  fields: fields.values.to_h { |one| [one.name, one.id] }
)
