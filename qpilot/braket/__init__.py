"""Amazon Braket: programs, sessions, tasks, results, live figures. The only folder that imports braket or boto3."""
