#!/usr/bin/perl
# What the Znuny of the tests begins with. Run once, with Znuny's own modules; prints JSON. Arguments: files of web services.
use strict;
use warnings;
use utf8;
use Kernel::System::ObjectManager;

my $PASSWORD = 'lab-password';
my $MANY     = 25;
local $Kernel::OM = Kernel::System::ObjectManager->new('Kernel::System::Log' => { LogPrefix => 'seed' });
sub system_of { return $Kernel::OM->Get("Kernel::System::$_[0]") }
my %us = (ValidID => 1, UserID => 1);

sub made {
    my ($what, $id) = @_;
    die "$what was not made\n" unless $id;
    return $id;
}

# Groups and queues; Personnel is none of the connection's business.
my %group = map { $_ => made("group $_", system_of('Group')->GroupAdd(Name => $_, %us)) } qw(facilities ict personnel);
my @queues = (['Facilities', 'facilities'], ['ICT', 'ict'], ['ICT::Second line', 'ict'], ['Personnel', 'personnel']);
for my $queue (@queues) {
    my ($name, $group) = @$queue;
    made("queue $name", system_of('Queue')->QueueAdd(Name => $name, GroupID => $group{$group}, Comment => 'lab',
        SystemAddressID => 1, SalutationID => 1, SignatureID => 1, FollowUpID => 1, %us));
}
for my $type ('Malfunction', 'Request', 'Question', 'Complaint', 'Problem') {
    made("type $type", system_of('Type')->TypeAdd(Name => $type, %us));
}
my %of_type = reverse system_of('State')->StateTypeList(UserID => 1);
made('state', system_of('State')->StateAdd(Name => 'waiting for parts', TypeID => $of_type{'open'}, Comment => 'lab', %us));
made('state', system_of('State')->StateAdd(Name => 'closed and confirmed', TypeID => $of_type{'closed'}, Comment => 'lab', %us));
for my $service ('Mail', 'Network', 'Printing') {
    my $id = made("service $service", system_of('Service')->ServiceAdd(Name => $service, Comment => 'lab', %us));
    next if $service eq 'Printing';    # for nobody
    system_of('Service')->CustomerUserServiceMemberAdd(CustomerUserLogin => '<DEFAULT>', ServiceID => $id, Active => 1, UserID => 1);
}

# Dynamic fields.
my $order = 0;
sub field {
    my ($object, $name, $type, %config) = @_;
    return made("field $name", system_of('DynamicField')->DynamicFieldAdd(Name => $name, Label => $name, FieldOrder => ++$order,
        FieldType => $type, ObjectType => $object, Config => { DefaultValue => '', %config }, %us));
}
field('Ticket', $_, 'Text') for qw(WorkplaceKey AssetTag Location Since Contact MoreBy);
field('Ticket', 'Resolution', 'TextArea');
field('Ticket', 'Impact', 'Dropdown', PossibleNone => 1, TranslatableValues => 0,
    PossibleValues => { one => 'One person', department => 'Department', all => 'Everybody' });
field('Ticket', 'Major', 'Dropdown', PossibleNone => 1, TranslatableValues => 0, PossibleValues => { yes => 'Large disruption' });
field('Article', 'WorkplaceAuthor', 'Text');
my $gone = field('Ticket', 'Retired', 'Text');
my $retired = system_of('DynamicField')->DynamicFieldGet(ID => $gone);
system_of('DynamicField')->DynamicFieldUpdate(%$retired, ValidID => 2, UserID => 1);

# Agents and customers.
made('password', system_of('User')->SetPassword(UserLogin => 'root@localhost', PW => $PASSWORD));
my %agent;
sub agent {
    my ($login, $first, $last, %rights) = @_;
    my $id = made("agent $login", system_of('User')->UserAdd(UserFirstname => $first, UserLastname => $last, UserLogin => $login,
        UserPw => $PASSWORD, UserEmail => "$login\@lab.example", ValidID => 1, ChangeUserID => 1));
    for my $name (sort keys %rights) {
        system_of('Group')->PermissionGroupUserAdd(GID => $group{$name}, UID => $id, UserID => 1,
            Permission => { map { $_ => 1 } @{ $rights{$name} } });
    }
    $agent{$login} = $id;
    return;
}
agent('svc-workplace', 'Workplace', 'Service', facilities => ['rw'], ict => ['rw']);
agent('svc-narrow', 'Narrow', 'Service', facilities => [qw(ro create note)], ict => ['ro']);
agent('blind', 'Blind', 'Service');
agent('fac.agent', 'Fatima', 'Caretaker', facilities => ['rw']);
agent('ict.agent', 'Ivo', 'Operator', ict => ['rw']);

for my $company (['LAB', 'Lab Care Group'], ['OTHER', 'Other Company']) {
    made('company', system_of('CustomerCompany')->CustomerCompanyAdd(CustomerID => $company->[0], CustomerCompanyName => $company->[1], %us));
}
my %customer;
for my $one (
    ['a.devries',       'Anna',   'de Vries', 'LAB'],
    ['j.smit',          'Jeroen', 'Smit',     'LAB'],
    ['m.ozturk',        'Meryem', 'Öztürk',   'LAB'],
    ['fac.agent',       'Fatima', 'Caretaker', 'LAB'],
    ['l.bakker',        'Lotte',  'Bakker',   'OTHER'],
    ['odd*(o+b) or !x', 'Odd',    'Login',    'LAB'],
    ['odder',           'Odder',  'Login',    'LAB'],
) {
    my ($login, $first, $last, $company) = @$one;
    my $name = $login =~ s/[^\w.]//gr;
    made("customer $login", system_of('CustomerUser')->CustomerUserAdd(Source => 'CustomerUser', UserFirstname => $first,
        UserLastname => $last, UserCustomerID => $company, UserLogin => $login, UserPassword => $PASSWORD,
        UserEmail => "$name\@" . lc($company) . '.example', %us));
    $customer{$login} = $company;
}

# Tickets.
my $tickets = system_of('Ticket');
made('room', $tickets->TicketDelete(TicketID => 1, UserID => 1));    # the one that every Znuny begins with
my $phone = system_of('Ticket::Article')->BackendForChannel(ChannelName => 'Phone');

sub ticket {
    my ($title, %what) = @_;
    my $id = made("ticket $title", $tickets->TicketCreate(Title => $title, Queue => 'Facilities', Type => 'Malfunction', State => 'new',
        Lock => 'unlock', Priority => '3 normal', OwnerID => 1, UserID => 1, CustomerID => $customer{ $what{CustomerUser} }, %what));
    made('article', $phone->ArticleCreate(TicketID => $id, SenderType => 'customer', IsVisibleForCustomer => 1,
        From => $what{CustomerUser}, To => 'Desk', Subject => $title, Body => "$title, by phone", Charset => 'utf-8', MimeType => 'text/plain',
        HistoryType => 'PhoneCallCustomer', HistoryComment => 'lab', UserID => 1)) if !$what{Silent};
    return $id;
}
ticket("Lamp $_ flickers", CustomerUser => 'm.ozturk', State => $_ % 10 ? 'new' : 'pending auto close+') for 1 .. $MANY;
ticket('Payslip is wrong', CustomerUser => 'a.devries', Queue => 'Personnel');
ticket('Chair of a colleague', CustomerUser => 'j.smit');
ticket('Beamer of another company', CustomerUser => 'l.bakker');
ticket('Odd one', CustomerUser => 'odd*(o+b) or !x');
ticket('Odder one', CustomerUser => 'odder');

# Nobody is told of anything: half of the time of a change.
system_of('DB')->Do(SQL => 'UPDATE notification_event SET valid_id = 2');

# Web services, as the documentation has them.
for my $file (@ARGV) {
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
    my $config = system_of('YAML')->Load(Data => do { local $/; <$in> });
    my ($name) = $file =~ m{([^/]+)\.yml\z};
    made("web service $name", system_of('GenericInterface::Webservice')->WebserviceAdd(Name => $name, Config => $config, %us));
    my $transport = $config->{Provider}{Transport}{Config};
    next if !$transport->{NameSpace};
    $transport->{NameSpace} = 'http://www.otobo.org/TicketConnector/';    # as OTOBO has it
    made('web service', system_of('GenericInterface::Webservice')->WebserviceAdd(Name => 'WorkplaceElsewhere', Config => $config, %us));
}
my $told = system_of('JSON')->Encode(Data => { password => $PASSWORD, agents => { map { $_ => $agent{$_} + 0 } keys %agent },
    customers => [sort keys %customer], many => $MANY });
utf8::encode($told) if utf8::is_utf8($told);
print "$told\n";
